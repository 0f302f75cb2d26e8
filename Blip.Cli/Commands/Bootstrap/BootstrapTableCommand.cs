using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Blip.Bootstrapping;
using Blip.Bootstrapping.Tables;
using Blip.Cli.Help;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Spectre.Console;

namespace Blip.Cli.Commands;

internal sealed class BootstrapTableCommand : Command, IHasExamples
{
    private readonly Terminal terminal;
    private readonly Argument<string> folder = new("dir") { Description = "The folder of a run or a selection.", HelpName = "DIR" };
    private readonly OutputBinding output;
    private readonly Option<bool> failed = new("--failed") { Description = "Only images that failed." };
    private readonly Option<bool?> kept = new("--kept")
    {
        Description = "Only texts that are kept, or with false those that are not.",
        HelpName = "true|false",
    };

    public BootstrapTableCommand(Terminal terminal)
        : base("table", "Lists every candidate text: shard, key, source, text, scores, whether it is kept and why.")
    {
        this.terminal = terminal;
        Add(folder);
        output = new OutputBinding(
            this, "jsonl: an object a line; csv; table: columns for people.", ["table", "jsonl", "csv"], profiles: false);
        foreach (var option in (Option[])[kept, failed])
            Add(option);
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("What was dropped, and why", "blip bootstrap table clean --kept false"),
        ("For a notebook", "blip bootstrap table clean --format csv --output candidates.csv"),
        ("The images that failed", "blip bootstrap table clean --failed"),
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        output.Check(parsed);
        var (which, onlyFailed) = (parsed.GetValue(kept), parsed.GetValue(failed));
        var rows = Rows(
            parsed.GetRequiredValue(folder), row => (which is null || row.Kept == which) && (!onlyFailed || row.Error is not null),
            cancellationToken);
        // Reads the first row before creating the file: a folder without a table leaves no file.
        await using var each = rows.GetAsyncEnumerator(cancellationToken);
        var any = await Startup.StepAsync(async () => await each.MoveNextAsync());
        using var file = output.Open(parsed);
        var place = file?.Writer ?? terminal.Output;
        var format = output.Format(parsed);
        var writer = format == "table" ? new CandidateTableWriter(place) : new CandidateForm().Writer(format, place);
        using var working = terminal.Working();
        writer.Begin();
        for (; any; any = await Startup.StepAsync(async () => await each.MoveNextAsync()))
            writer.Write(each.Current);
        writer.End();
        file?.Finish(complete: true);
        return ExitCodes.Success;
    }

    private static async IAsyncEnumerable<Candidate> Rows(
        string folder, Func<Candidate, bool> which,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in BootstrapSelection.CandidatesAsync(folder, cancellationToken))
        {
            if (which(row))
                yield return row;
        }
    }
}
