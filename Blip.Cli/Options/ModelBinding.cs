using System.CommandLine;
using Blip.Cli.Output;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;
using Blip.Runtime.Tokenization;

namespace Blip.Cli.Options;

internal sealed class ModelBinding
{
    public const string Names =
        "A folder with config.json and weights, a weight file beside its config.json, a name on the Hugging Face hub "
        + "(Salesforce/blip-image-captioning-base; 'blip pull' gets it), or synthetic:NAME.";

    private readonly DemoModel? demo;
    private readonly Option<string?> model;
    private readonly Option<string?> adapter = OptionKinds.Text(
        "--adapter", "A LoRA adapter as the PEFT library saves it, merged into the model's weights.", "DIR");
    private readonly Option<int?> imageMemory = OptionKinds.Number<int>(
        "--image-memory", "MiB that decoded images may hold while they wait; a larger image is decoded alone. [default: 512]", "MiB");
    private readonly Option<string?> revision =
        OptionKinds.Text("--revision", "The branch, tag or commit of a model of the Hugging Face hub. [default: main]", "NAME");
    private readonly ModelDownload download;
    private readonly DeviceBinding device;

    /// <summary>Adds the options to a command. <paramref name="demo"/> is the default model; null for a head without a demo.</summary>
    public ModelBinding(Command command, DemoModel? demo)
    {
        this.demo = demo;
        var otherwise = demo is null
            ? "There is no demo of this head."
            : "[default: the built-in demo, which knows drawn shapes only; its name is demo]";
        model = OptionKinds.Text("--model", $"{Names} {otherwise}", "MODEL");
        command.Add(model);
        command.Add(adapter);
        command.Add(revision);
        download = new ModelDownload(command);
        device = new DeviceBinding(command);
        command.Add(imageMemory);
    }

    /// <summary>Finds a model, without opening its weights.</summary>
    /// <exception cref="UsageException">There is no such model, or its small files are damaged.</exception>
    public static ModelSource Resolve(Terminal terminal, string model, string? revision = null) =>
        Startup.Step(() => ModelSource.Resolve(model, ModelDownload.Cache(terminal), revision));

    /// <summary>The command line's model, or the demo with a notice.</summary>
    /// <exception cref="UsageException">There is no such model, or its small files are damaged.</exception>
    public Task<ModelSource> ResolveAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken) =>
        ResolveAsync(parsed, terminal, demo, cancellationToken);

    /// <summary>The same with another demo, for commands whose options decide which.</summary>
    /// <exception cref="UsageException">There is no such model, or its small files are damaged.</exception>
    public async Task<ModelSource> ResolveAsync(ParseResult parsed, Terminal terminal, DemoModel? demo, CancellationToken cancellationToken)
    {
        var named = parsed.GetValue(model);
        var path = demo?.PathOf(named) ?? named ?? throw new UsageException("there is no demo of this head: give --model MODEL.");
        if (path != named && parsed.GetValue(revision) is not null)
            throw new UsageException("--revision is that of a model of the Hugging Face hub: give --model OWNER/NAME.");
        if (demo is not null && path == demo.Path && !Directory.Exists(path))
            throw new UsageException($"the demo {demo.Noun} is not beside the program ('{path}'): give --model.");
        if (demo is not null && named is null)
            terminal.Note(demo.Notice);
        terminal.Detail($"the model is {path}");
        await download.EnsureAsync(parsed, terminal, path, parsed.GetValue(revision), cancellationToken);
        return Resolve(terminal, path, parsed.GetValue(revision));
    }

    public Compat Compat(ParseResult parsed) => device.Compat(parsed);

    /// <summary>The options common to all pipelines.</summary>
    public TOptions Options<TOptions>(ParseResult parsed)
        where TOptions : PipelineOptions, new() =>
        (TOptions)((PipelineOptions)device.Options<TOptions>(parsed) with
        {
            Adapter = parsed.GetValue(adapter),
            MaxWaitingBytes = parsed.GetValue(imageMemory) is { } mebibytes ? (long)mebibytes << 20 : new TOptions().MaxWaitingBytes,
        });

    /// <summary>Reports words of the texts that the model does not know.</summary>
    public static void TellUnknown(Terminal terminal, Pipeline pipeline, IEnumerable<string?> texts)
    {
        var words = new UnknownWords();
        foreach (var text in texts.OfType<string>())
            words.Add(pipeline.UnknownWords(text));
        if (words.Any)
            terminal.Note(words.Notice());
    }

    /// <summary>Loads a model, and reports its notices.</summary>
    /// <exception cref="UsageException">The device, vocabulary, weights or a number are unusable.</exception>
    public TPipeline Load<TPipeline>(ParseResult parsed, Terminal terminal, ProgressLine progress, Func<TPipeline> load)
        where TPipeline : Pipeline
    {
        progress.Announce("loading the model …");
        try
        {
            var pipeline = Startup.Step(load);
            progress.Clear();
            foreach (var notice in pipeline.Notices)
                terminal.Note(notice);
            if (pipeline is Captioner { HasVocabulary: false })
                terminal.Note("the model has no vocabulary: captions are token ids; give --vocab FILE for words");
            device.TellOfThreads(parsed, terminal, pipeline.DeviceDescription);
            terminal.Detail($"it runs on {pipeline.DeviceDescription.Id}: {pipeline.DeviceDescription.Name}");
            return pipeline;
        }
        finally
        {
            progress.Clear();
        }
    }
}
