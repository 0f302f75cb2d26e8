using System.CommandLine;
using Blip.Bench.Workloads;
using Blip.Training;

namespace Blip.Bench.Commands;

/// <summary>Options of the commands about scenes.</summary>
internal sealed class ShapeSetOptions
{
    private static readonly string[] TaskWords = ["caption", "match", "vqa"];

    private readonly Option<bool> isNew = new("--new")
    {
        Description = "Shapes and colours that the demo checkpoints do not know: moon, kite, teal, lime.",
    };

    public Option<string> TaskOption { get; } = BenchOptions.Choice("--task", "What is learned from them.", "caption", TaskWords);

    public IReadOnlyList<Option> All => [TaskOption, isNew];

    public TrainingTask Task(ParseResult parsed) => Enum.Parse<TrainingTask>(parsed.GetRequiredValue(TaskOption), ignoreCase: true);

    public ShapeSet Set(ParseResult parsed, long seed) => parsed.GetValue(isNew) ? ShapeSet.Unknown(seed) : ShapeSet.Known(seed);
}
