using System.CommandLine;
using Blip.Bench.Workloads;

namespace Blip.Bench.Commands;

/// <summary><c>shapes fine-tune</c>.</summary>
internal sealed class FineTuneShapesCommand : Command
{
    private const int Epochs = 4, HeldOut = 256;

    public FineTuneShapesCommand(TextWriter output)
        : base("fine-tune", "Fine-tunes a demo checkpoint on scenes it does not know, and scores it before and after.")
    {
        var images = BenchOptions.Whole("--images", "Images to learn from.", 8000, ShapeFineTuning.BatchSize, 1_000_000);
        var epochs = BenchOptions.Whole("--epochs", "Passes over them.", Epochs, 1, 1000);
        var device = BenchOptions.Choice("--device", "Where it is trained.", "cpu", BenchOptions.Kinds);
        var options = new ShapeSetOptions();
        var heldOut = BenchOptions.Whole("--held-out", "Scenes that both are scored on.", HeldOut, 1, 100_000);
        foreach (var option in (Option[])[images, epochs, heldOut, device, options.TaskOption])
            Add(option);
        SetAction(async (parsed, token) =>
        {
            var work = Directory.CreateTempSubdirectory("blip-shapes-").FullName;
            try
            {
                var run = new ShapeFineTuning(options.Task(parsed), parsed.GetValue(heldOut), parsed.GetRequiredValue(device), work);
                await run.RunAsync(output, parsed.GetValue(images), parsed.GetValue(epochs), token);
                return 0;
            }
            finally
            {
                Directory.Delete(work, recursive: true);
            }
        });
    }
}
