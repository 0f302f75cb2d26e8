using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Blip.Cli.Help;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Blip.Runtime.Hub;
using Spectre.Console;

namespace Blip.Cli.Commands;

internal sealed class ModelsCommand : Command, IHasExamples
{
    private const int ShownDigits = 12;

    private readonly Terminal terminal;
    private readonly Option<bool> all = new("--all") { Description = "Models that are none of Blip's, too." };
    private readonly Option<string> format = OptionKinds.Choice("--format", "How to print the list.", "text", ["text", "json"]);

    public ModelsCommand(Terminal terminal)
        : base(
            "models",
            "Lists the models in the Hugging Face cache: what each does, the format of its weights, its size on disk, when it was used.")
    {
        this.terminal = terminal;
        Add(all);
        Add(format);
        Add(new ModelsRemoveCommand(terminal));
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("What there is", "blip models"),
        ("The largest first", "blip models --format json | jq 'sort_by(-.bytes)[] | .name'"),
        ("Make room", $"blip models rm {DemoModel.Captioning.ForPhotographs}"),
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var hub = ModelDownload.Open(terminal);
        var models = await Startup.StepAsync(() => hub.ListAsync(cancellationToken));
        var shown = parsed.GetValue(all) ? models : [.. models.Where(model => model.Kind is not null)];
        if (parsed.GetValue(format) == "json")
            terminal.Output.WriteLine(Json(shown));
        else if (shown.Count > 0)
            terminal.Output.WriteTable(Table(shown));
        if (shown.Count == 0)
            terminal.Note($"there is no model in '{hub.CacheFolder}'; get one with: blip pull {DemoModel.Captioning.ForPhotographs}");
        if (models.Count > shown.Count)
            terminal.Note($"models in '{hub.CacheFolder}' that are none of Blip's: {models.Count - shown.Count} ({all.Name} shows them)");
        return ExitCodes.Success;
    }

    private static Table Table(IReadOnlyList<CachedModel> models)
    {
        var table = Tables.Create("model", "revision", "kind", "weights", ">size", "used");
        foreach (var model in models)
        {
            var weights = model.Kind is null ? "" : model.IsWhole ? model.Precision! : "not whole";
            string[] cells = [model.Name, Revision(model), model.Kind ?? "", weights, Disk.Words(model.Bytes), Day(model.LastUsed)];
            table.AddRow([.. cells.Select(cell => cell.EscapeMarkup())]);
        }
        return table;
    }

    private static string Revision(CachedModel model) =>
        model.Revisions.Count > 0 ? string.Join(", ", model.Revisions) : model.Commit[..Math.Min(ShownDigits, model.Commit.Length)];

    private static string Day(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Json(IReadOnlyList<CachedModel> models) => JsonText.Write(indented: true, json =>
    {
        json.WriteStartArray();
        foreach (var model in models)
        {
            json.WriteStartObject();
            json.WriteString("name", model.Name);
            json.WriteString("commit", model.Commit);
            json.WriteStartArray("revisions");
            foreach (var revision in model.Revisions)
                json.WriteStringValue(revision);
            json.WriteEndArray();
            json.WriteString("folder", model.Folder);
            json.WriteString("kind", model.Kind);
            json.WriteString("precision", model.Precision);
            json.WriteBoolean("whole", model.IsWhole);
            json.WriteNumber("bytes", model.Bytes);
            json.WriteString("lastUsed", model.LastUsed);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });
}
