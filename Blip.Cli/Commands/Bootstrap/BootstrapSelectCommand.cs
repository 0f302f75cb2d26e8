using System.CommandLine;
using System.Globalization;
using Blip.Bootstrapping;
using Blip.Cli.Help;
using Blip.Cli.Options;
using Blip.Cli.Output;

namespace Blip.Cli.Commands;

/// <summary><c>blip bootstrap select</c>: applies other thresholds to a run's results, without a device.</summary>
internal sealed class BootstrapSelectCommand : Command, IHasExamples
{
    private readonly Terminal terminal;
    private readonly Argument<string> folder = new("dir") { Description = "The folder of the run.", HelpName = "DIR" };
    private readonly Option<string> output = new Option<string>("--output")
    {
        Description = "The folder of the selection: new or empty.",
        HelpName = "DIR",
        Required = true,
    }.Written();
    private readonly DatasetBinding datasets;
    private readonly SelectionBinding selection;

    public BootstrapSelectCommand(Terminal terminal)
        : base(
            "select",
            "Selects again from a run, with other thresholds and rankings; needs no device. "
            + "What is not given has its default, not the run's own setting. Images are read from the run's sources.")
    {
        this.terminal = terminal;
        Add(folder);
        datasets = new DatasetBinding(this, ArgumentArity.ZeroOrMore, forReading: false);
        Add(output);
        selection = new SelectionBinding(this);
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("Stricter", "blip bootstrap select clean --itm-threshold 0.9 --output stricter"),
        ("The best text of each image", "blip bootstrap select clean --itm-threshold none --keep-top 1 --output best"),
        ("Each image and each text once", "blip bootstrap select clean --drop-duplicate-images --drop-duplicate-texts --output once"),
        ("The table alone", "blip bootstrap select clean --itc-threshold 0.3 --write none --output table"),
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var request = new SelectionRequest
        {
            Run = parsed.GetRequiredValue(folder),
            Output = parsed.GetRequiredValue(output),
            Selection = selection.Options(parsed),
            Outputs = selection.Outputs(parsed),
            Sources = datasets.Sources(parsed),
            HumanSources = datasets.Human(parsed),
            ScratchFolder = datasets.Scratch(parsed),
            AllowCommands = datasets.Sources(parsed).Count + datasets.Human(parsed).Count > 0,
        };
        var line = new ProgressLine(terminal.Error, terminal.ShowsProgress, 0, terminal.Columns);
        using var working = terminal.Working();
        try
        {
            var result = await Startup.StepAsync(() => BootstrapSelection.RunAsync(request, new Shown(line), cancellationToken));
            line.Clear();
            if (result.NotDone > 0)
                terminal.Say($"{result.NotDone} shards of the run are not done, and left out: run it to its end, and select again");
            terminal.Say(string.Create(CultureInfo.InvariantCulture,
                $"{result.Kept} of {result.Candidates} texts kept ({100.0 * result.Kept / Math.Max(1, result.Candidates):0.0} %), "
                + $"from {result.Shards} shards"));
            return result.NotDone == 0 ? ExitCodes.Success : ExitCodes.SomeFailed;
        }
        finally
        {
            line.Clear();
        }
    }

    // Progress<T> would report from another thread, after the end.
    private sealed class Shown(ProgressLine line) : IProgress<SelectionResult>
    {
        public void Report(SelectionResult value) =>
            line.Announce($"{value.Shards}/{value.Of} shards  {value.Kept} of {value.Candidates} texts kept");
    }
}
