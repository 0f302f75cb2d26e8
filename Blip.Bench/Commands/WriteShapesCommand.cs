using System.CommandLine;
using Blip.Bench.Workloads;

namespace Blip.Bench.Commands;

/// <summary><c>shapes write</c>.</summary>
internal sealed class WriteShapesCommand : Command
{
    public WriteShapesCommand(TextWriter output)
        : base("write", "Writes scenes as 'blip train' reads them. For 'match' four that differ in one detail stand together.")
    {
        var folder = new Argument<string>("DIR") { Description = "A folder that is empty or does not exist." };
        var images = BenchOptions.Whole("--images", "Images.", 24_000, ShapeSet.GroupSize, 1_000_000);
        var seed = BenchOptions.Whole("--seed", "Another seed is another set.", 1, 0, (int)ShapeSet.HeldOutSeed - 1);
        var annotations = new Option<bool>("--annotations")
        {
            Description = "Held-out scenes as 'blip eval' reads them: images and captions.json.",
        };
        var options = new ShapeSetOptions();
        Add(folder);
        foreach (var option in (Option[])[images, seed, annotations, .. options.All])
            Add(option);
        SetAction(async (parsed, token) =>
        {
            if (parsed.GetValue(annotations))
            {
                var heldOut = options.Set(parsed, ShapeSet.HeldOutSeed);
                output.WriteLine(heldOut.WriteAnnotations(parsed.GetRequiredValue(folder), parsed.GetValue(images)));
                return 0;
            }
            var set = options.Set(parsed, parsed.GetValue(seed));
            output.WriteLine(await set.WriteAsync(parsed.GetRequiredValue(folder), options.Task(parsed), parsed.GetValue(images), token));
            return 0;
        });
    }
}
