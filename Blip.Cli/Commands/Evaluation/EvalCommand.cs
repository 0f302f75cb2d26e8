using System.CommandLine;
using Blip.Cli.Help;

namespace Blip.Cli.Commands;

internal sealed class EvalCommand : Command, IHasExamples
{
    public EvalCommand(Terminal terminal)
        : base("eval", "Scores a model, or a results file, over a data set's annotations.")
    {
        Add(new EvalCaptionCommand(terminal));
        Add(new EvalVqaCommand(terminal));
        Add(new EvalRetrievalCommand(terminal));
        Add(new EvalNlvrCommand(terminal));
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("The demo captioner on its samples", "blip eval caption --annotations weights/samples/captions.json --images weights/samples"),
        ("A results file that is there already", "blip eval caption --annotations coco_karpathy_test.json --results results.json"),
        ("All the options of one of them", "blip eval caption --help"),
    ];
}
