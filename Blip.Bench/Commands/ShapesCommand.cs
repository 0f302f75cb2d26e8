using System.CommandLine;

namespace Blip.Bench.Commands;

internal sealed class ShapesCommand : Command
{
    public ShapesCommand(TextWriter output)
        : base("shapes", "Drawn scenes: writes training data, scores a model on held-out ones, shows that fine-tuning helps.")
    {
        Add(new WriteShapesCommand(output));
        Add(new ScoreShapesCommand(output));
        Add(new FineTuneShapesCommand(output));
    }
}
