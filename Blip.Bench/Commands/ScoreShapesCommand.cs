using System.CommandLine;
using Blip.Bench.Workloads;

namespace Blip.Bench.Commands;

/// <summary><c>shapes score</c>.</summary>
internal sealed class ScoreShapesCommand : Command
{
    public ScoreShapesCommand(TextWriter output)
        : base("score", "Tells how much of held-out scenes a model gets right: captions word for word, answers, and texts that fit or do "
            + "not.")
    {
        var models = new Argument<string[]>("MODEL") { Description = "Models to compare.", Arity = ArgumentArity.OneOrMore };
        var images = BenchOptions.Whole("--images", "Scenes.", 512, 1, 1_000_000);
        var device = BenchOptions.Choice("--device", "Where the models run.", "cpu", BenchOptions.Kinds);
        var options = new ShapeSetOptions();
        Add(models);
        foreach (var option in (Option[])[images, device, .. options.All])
            Add(option);
        SetAction(async (parsed, token) =>
        {
            var set = options.Set(parsed, ShapeSet.HeldOutSeed);
            var scores = new List<IReadOnlyList<ShapeScore>>();
            foreach (var model in parsed.GetRequiredValue(models))
            {
                scores.Add(await ShapeScore.MeasureAsync(
                    model, options.Task(parsed), set, parsed.GetValue(images), parsed.GetRequiredValue(device), token));
            }
            ShapeScore.Print(output, parsed.GetRequiredValue(models), scores);
            return 0;
        });
    }
}
