using System.CommandLine;
using Blip.Cli.Help;

namespace Blip.Cli.Commands;

/// <summary><c>blip bootstrap</c>: filters noisy image-text pairs (CapFilt).</summary>
internal sealed class BootstrapCommand : Command, IHasExamples
{
    public BootstrapCommand(Terminal terminal)
        : base(
            "bootstrap",
            "Makes a clean data set of noisy image-text pairs: a captioner writes texts, a filter drops those that do not fit (CapFilt).")
    {
        Add(new BootstrapDemoCommand(terminal));
        Add(new BootstrapRunCommand(terminal));
        Add(new BootstrapSelectCommand(terminal));
        Add(new BootstrapStatusCommand(terminal));
        Add(new BootstrapTableCommand(terminal));
        Add(new BootstrapSubmitCommand(terminal));
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("A first try: a noisy set of drawn shapes, and what is left of it",
            "blip bootstrap demo web && blip bootstrap run web --output clean"),
        ("How far it is", "blip bootstrap status clean"),
        ("Every candidate text with its scores", "blip bootstrap table clean"),
        ("Other thresholds, without a device", "blip bootstrap select clean --itm-threshold 0.9 --output stricter"),
        ("On a cluster", "blip bootstrap submit slurm web --output clean --tasks 64"),
    ];
}
