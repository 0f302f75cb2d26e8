using System.CommandLine;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Options;

/// <summary>A server's models, one per kind of request, and where they run.</summary>
internal sealed class ServedModelsBinding
{
    private static readonly (string Kind, DemoModel Demo)[] Kinds =
        [("caption", DemoModel.Captioning), ("ask", DemoModel.Answering), ("match", DemoModel.Retrieval)];

    private readonly Option<string[]> models = OptionKinds.Texts(
        "--model",
        "A model and what it is for: caption=, ask= or match= before a folder, a weight file, a name on the Hugging Face hub, or demo. "
        + "Without a kind the model's own says it. Repeatable. [default: the three built-in demos, which know drawn shapes only]",
        "KIND=MODEL");
    private readonly Option<string?> index =
        OptionKinds.Text("--index", "An index of 'blip index', made with the match model: what /search looks in.", "FILE");
    private readonly Option<int?> imageMemory = OptionKinds.Number<int>(
        "--image-memory", "MiB that decoded images may hold while they wait, for each model. [default: 512]", "MiB");
    private readonly DeviceBinding device;
    private readonly DraftBinding draft;
    private readonly ModelDownload download;

    public ServedModelsBinding(Command command)
    {
        command.Add(models);
        download = new ModelDownload(command);
        command.Add(index);
        device = new DeviceBinding(command);
        draft = new DraftBinding(command);
        command.Add(imageMemory);
    }

    /// <summary>The models by kind, without opening their weights.</summary>
    /// <exception cref="UsageException">A model is missing, or a kind is given twice.</exception>
    public async Task<IReadOnlyDictionary<string, string>> ReadAsync(
        ParseResult parsed, Terminal terminal, Action<string> note, CancellationToken cancellationToken)
    {
        var given = parsed.GetValue(models) ?? [];
        if (given.Length == 0)
            note("no --model: serving the demo models, which know drawn shapes only (for photographs: --model "
                + "caption=Salesforce/blip-image-captioning-base)");
        var served = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (named, path) in given.Length == 0
            ? Kinds.Select(entry => ((string?)entry.Kind, entry.Demo.Path))
            : given.Select(Split))
        {
            await download.EnsureAsync(parsed, terminal, path, revision: null, cancellationToken);
            var kind = KindOf(ModelBinding.Resolve(terminal, path));
            if (named is not null && named != kind)
                throw new UsageException($"--model is '{named}={path}', and that model is for '{kind}': give {kind}={path}.");
            if (!served.TryAdd(kind, path))
                throw new UsageException(
                    $"--model is given twice for '{kind}': '{served[kind]}' and '{path}'. A server has one model of a kind.");
        }
        return served;
    }

    /// <summary>The index, if any.</summary>
    /// <exception cref="UsageException">It is missing, or no model searches it.</exception>
    public string? Index(ParseResult parsed, IReadOnlyDictionary<string, string> served)
    {
        var path = parsed.GetValue(index);
        if (path is not null && !File.Exists(path))
            throw new UsageException($"--index is '{path}', and there is no such index; make it with 'blip index FOLDER --index {path}'.");
        return path is null || served.ContainsKey("match")
            ? path
            : throw new UsageException($"--index is '{path}', and no model searches it: give --model match=MODEL, too.");
    }

    public TOptions Options<TOptions>(ParseResult parsed)
        where TOptions : PipelineOptions, new() =>
        (TOptions)((PipelineOptions)device.Options<TOptions>(parsed) with
        {
            WarmUp = true,
            MaxWaitingBytes = parsed.GetValue(imageMemory) is { } mebibytes ? (long)mebibytes << 20 : new TOptions().MaxWaitingBytes,
        });

    public CaptionerOptions Captioner(ParseResult parsed) => draft.Apply(parsed, Options<CaptionerOptions>(parsed));

    // A null kind stands for the model's kind.
    private static (string? Kind, string Path) Split(string given)
    {
        var equals = given.IndexOf('=', StringComparison.Ordinal);
        var kind = equals > 0 ? given[..equals] : "";
        if (Array.Find(Kinds, entry => entry.Kind == kind) is { Demo: { } demo })
            return (kind, demo.PathOf(given[(equals + 1)..]));
        if (equals > 0 && !Path.Exists(given))
            throw new UsageException(
                $"--model is '{given}', and there is no kind '{kind}': give caption=, ask= or match= before the model.");
        return given != DemoModel.Name || Path.Exists(given)
            ? (null, given)
            : throw new UsageException("--model is 'demo', which is three models: give caption=demo, ask=demo or match=demo.");
    }

    private static string KindOf(ModelSource source) => source.Config.Head switch
    {
        BlipHead.Captioning => "caption",
        BlipHead.VisualQuestionAnswering => "ask",
        BlipHead.Retrieval => "match",
        var other => throw new UsageException(
            $"{source.Name} is {(other is { } head ? $"a model of the kind '{head.Kind()}'" : "a model without a task")}, which answers no "
                + $"kind of request: give a captioner, an answerer or a matcher."),
    };
}
