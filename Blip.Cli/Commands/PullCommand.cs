using System.CommandLine;
using Blip.Cli.Help;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Blip.Runtime.Hub;

namespace Blip.Cli.Commands;

internal sealed class PullCommand : Command, IHasExamples
{
    private readonly Terminal terminal;
    private readonly Argument<string> name = new("name")
    {
        Description = "The model's name on the Hugging Face hub, such as Salesforce/blip-image-captioning-base.",
        HelpName = "NAME",
    };

    private readonly Option<string?> revision = OptionKinds.Text("--revision", "The branch, tag or commit. [default: main]", "NAME");
    private readonly Option<bool> all = new("--all")
    {
        Description = "Every file of it, also those that Blip does not read, such as weights in other formats.",
    };

    private readonly Option<string> format = OptionKinds.Choice(
        "--format",
        "text: the folder with its files; json: name, revision, commit, folder, files, bytes, and the bytes that were downloaded.",
        "text", ["text", "json"]);

    public PullCommand(Terminal terminal)
        : base(
            "pull",
            "Downloads a model from the Hugging Face hub into the cache that Hugging Face's tools share, and prints its folder. "
            + "What was begun is gone on with. HF_TOKEN, HF_HOME, HF_ENDPOINT, HF_HUB_OFFLINE and HTTPS_PROXY mean what they mean there.")
    {
        this.terminal = terminal;
        Add(name);
        foreach (var option in (Option[])[revision, all, format])
            Add(option);
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("The captioner of the paper", $"blip pull {DemoModel.Captioning.ForPhotographs}"),
        ("Caption with it", $"blip caption photo.jpg --model {DemoModel.Captioning.ForPhotographs}"),
        ("Both in one step", $"blip caption photo.jpg --model {DemoModel.Captioning.ForPhotographs} --download"),
        ("A commit that is not the newest",
            $"blip pull {DemoModel.Captioning.ForPhotographs} --revision 82a37760796d32b1411fe092ab5d4e227313294b"),
        ("What is in the cache", "blip models"),
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var options = new PullOptions { Revision = parsed.GetValue(revision), AllFiles = parsed.GetValue(all) };
        var pulled = await ModelDownload.PullAsync(
            terminal, ModelDownload.Open(terminal), parsed.GetRequiredValue(name), options, cancellationToken);
        terminal.Output.WriteLine(parsed.GetValue(format) == "json" ? Json(pulled) : pulled.Folder);
        return ExitCodes.Success;
    }

    private static string Json(PulledModel pulled) => JsonText.Write(indented: true, json =>
    {
        json.WriteStartObject();
        json.WriteString("name", pulled.Name);
        json.WriteString("revision", pulled.Revision);
        json.WriteString("commit", pulled.Commit);
        json.WriteString("folder", pulled.Folder);
        json.WriteStartArray("files");
        foreach (var file in pulled.Files)
            json.WriteStringValue(file);
        json.WriteEndArray();
        json.WriteNumber("bytes", pulled.Bytes);
        json.WriteNumber("downloadedBytes", pulled.DownloadedBytes);
        json.WriteEndObject();
    });
}
