using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Blip.Bootstrapping;
using Blip.Bootstrapping.Reports;
using Blip.Cli.Help;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Spectre.Console;

namespace Blip.Cli.Commands;

internal sealed class BootstrapStatusCommand : Command, IHasExamples
{
    private readonly Terminal terminal;
    private readonly Argument<string> folder = new("dir") { Description = "The folder of the run.", HelpName = "DIR" };
    private readonly Option<string> format = OptionKinds.Choice(
        "--format", "text: tables for people; json: all of it for programs.", "text", ["text", "json"]);
    private readonly Option<string?> histogram = new Option<string?>("--histogram")
    {
        Description = "Also draw how many texts have which score; with a file name ending in .png, as an image.",
        HelpName = "FILE",
        Arity = ArgumentArity.ZeroOrOne,
    }.Written();

    private readonly Option<string> score = OptionKinds.Choice(
        "--score", "The score of the histogram.", "itm", [.. Enum.GetNames<ScoreKind>().Select(Spelled)]);

    private readonly Option<bool> shards = new("--shards")
    {
        Description = "Also list every shard; without it those that failed or are under way are.",
    };

    public BootstrapStatusCommand(Terminal terminal)
        : base("status", "Tells how far a run is: shards, images, shares of texts that are kept, images a second, time left.")
    {
        this.terminal = terminal;
        Add(folder);
        foreach (var option in (Option[])[format, shards, histogram, score])
            Add(option);
        histogram.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !token.Value.EndsWith(".png", StringComparison.OrdinalIgnoreCase))
                result.AddError($"--histogram is '{token.Value}'; an image's name ends in .png. Put --histogram last to draw it as text.");
        });
        Validators.Add(result =>
        {
            if (result.GetResult(score) is { Implicit: false } && result.GetResult(histogram) is not { Implicit: false })
                result.AddError("--score is about the histogram: give --histogram.");
        });
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("How far it is", "blip bootstrap status clean"),
        ("For a program", "blip bootstrap status clean --format json"),
        ("Where to put the threshold", "blip bootstrap status clean --histogram scores.png"),
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var path = parsed.GetRequiredValue(folder);
        OutputFile.CheckPlace(parsed.GetValue(histogram), "--histogram");
        if (File.Exists(parsed.GetValue(histogram)))
            throw new UsageException($"--histogram is '{parsed.GetValue(histogram)}', which exists; move it away, or name another file.");
        var status = Startup.Step(() => BootstrapStatus.Read(path));
        var json = parsed.GetRequiredValue(format) == "json";
        if (json)
            terminal.Output.WriteLine(Json(status));
        else
            Write(status, parsed.GetValue(shards));
        if (parsed.GetResult(histogram) is { Implicit: false })
            await DrawAsync(parsed, path, json, cancellationToken);
        return status.Count(ShardStatusKind.Failed) == 0 ? ExitCodes.Success : ExitCodes.SomeFailed;
    }

    private async Task DrawAsync(ParseResult parsed, string path, bool json, CancellationToken cancellationToken)
    {
        var kind = Enum.GetValues<ScoreKind>().First(kind => Spelled($"{kind}") == parsed.GetRequiredValue(score));
        var drawing = new ScoreHistogram(kind, threshold: BootstrapStatus.ThresholdOf(path, kind));
        await Startup.StepAsync(async () =>
        {
            await foreach (var candidate in BootstrapSelection.CandidatesAsync(path, cancellationToken))
                drawing.Add(candidate);
            return drawing;
        });
        if (parsed.GetValue(histogram) is not { } file)
        {
            (json ? terminal.Error : terminal.Output).Write(drawing.ToText(Math.Clamp(terminal.Columns(), 40, 100)));
            return;
        }
        drawing.ToPng(file);
        terminal.Say($"the histogram is in '{file}'");
    }

    private void Write(BootstrapStatus status, bool all)
    {
        var output = terminal.Output;
        output.WriteLine($"shards   {status.Count(ShardStatusKind.Done)} of {status.Shards.Count} done, "
            + $"{status.Count(ShardStatusKind.Running)} under way, "
            + $"{status.Count(ShardStatusKind.Interrupted)} interrupted, {status.Count(ShardStatusKind.Failed)} failed");
        output.WriteLine($"images   {status.Images}{(status.Failed > 0 ? $", {status.Failed} of them failed" : "")}");
        if (status.Workers > 0)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"workers  {status.Workers}, {status.ImagesPerSecond:0.0} images/s"
                + $"{(status.TimeLeft is { } left ? $", {ProgressLine.Clock(left)} left" : "")}"));
        }
        if (status.Texts.Count > 0)
        {
            var texts = Tables.Create("texts", ">candidates", ">kept", ">share");
            foreach (var (origin, count) in status.Texts)
                texts.AddRow(origin, $"{count.Candidates}", $"{count.Kept}", Percent(count.Kept, count.Candidates));
            output.WriteTable(texts);
            var reasons = Tables.Create("reason", ">texts", ">share");
            foreach (var (reason, count) in status.Reasons.OrderByDescending(reason => reason.Value))
                reasons.AddRow(reason.EscapeMarkup(), $"{count}", Percent(count, status.Reasons.Values.Sum()));
            output.WriteTable(reasons);
        }
        var listed = status.Shards.Where(
            shard => all || shard.State is ShardStatusKind.Failed or ShardStatusKind.Running or ShardStatusKind.Interrupted).ToList();
        if (listed.Count == 0)
            return;
        var table = Tables.Create("shard", "state", ">images", ">failed", ">texts", ">kept", "source");
        foreach (var shard in listed)
        {
            table.AddRow(
                BootstrapSources.NameOf(shard.Shard), Spelled($"{shard.State}"), $"{shard.Images}", $"{shard.Failed}",
                $"{shard.Candidates}", $"{shard.Kept}", shard.Source.EscapeMarkup());
        }
        output.WriteTable(table);
        foreach (var shard in listed.Where(shard => shard.Error is not null))
            output.WriteLine($"{BootstrapSources.NameOf(shard.Shard)}: {shard.Error}");
    }

    private static string Json(BootstrapStatus status) => JsonText.Write(indented: true, json =>
    {
        json.WriteStartObject();
        json.WriteStartObject("shards");
        json.WriteNumber("total", status.Shards.Count);
        foreach (var state in Enum.GetValues<ShardStatusKind>())
            json.WriteNumber(Spelled($"{state}"), status.Count(state));
        json.WriteEndObject();
        json.WriteNumber("images", status.Images);
        json.WriteNumber("failed_images", status.Failed);
        json.WriteNumber("workers", status.Workers);
        json.WriteNumber("images_per_second", status.ImagesPerSecond);
        if (status.TimeLeft is { } left)
            json.WriteNumber("seconds_left", Math.Round(left.TotalSeconds));
        else
            json.WriteNull("seconds_left");
        json.WriteStartObject("texts");
        foreach (var (origin, count) in status.Texts)
        {
            json.WriteStartObject(origin);
            json.WriteNumber("candidates", count.Candidates);
            json.WriteNumber("kept", count.Kept);
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteStartObject("reasons");
        foreach (var (reason, count) in status.Reasons)
            json.WriteNumber(reason, count);
        json.WriteEndObject();
        json.WriteObjects("list", status.Shards, shard => Write(json, shard));
        json.WriteEndObject();
    });

    private static void Write(Utf8JsonWriter json, ShardStatus shard)
    {
        json.WriteString("shard", BootstrapSources.NameOf(shard.Shard));
        json.WriteString("source", shard.Source);
        json.WriteString("state", Spelled($"{shard.State}"));
        json.WriteNumber("images", shard.Images);
        json.WriteNumber("failed", shard.Failed);
        json.WriteNumber("texts", shard.Candidates);
        json.WriteNumber("kept", shard.Kept);
        if (shard.Error is not null)
            json.WriteString("error", shard.Error);
    }

    private static string Spelled(string name) => JsonNamingPolicy.KebabCaseLower.ConvertName(name);

    private static string Percent(long part, long all) =>
        all == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{100.0 * part / all:0.0} %");
}
