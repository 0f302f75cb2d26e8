using System.CommandLine;
using Blip.Bootstrapping;
using Blip.Cli.Output;
using Blip.Runtime.Generation;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Options;

/// <summary>A bootstrapping run: sources, models, selection and output.</summary>
internal sealed class BootstrapBinding
{
    private readonly Command command;
    private readonly Option<string?> captioner = OptionKinds.Text(
        "--captioner", $"The captioning checkpoint. {ModelBinding.Names} [default: the built-in demo]", "MODEL");

    private readonly Option<string?> filter = OptionKinds.Text(
        "--filter",
        "The matching checkpoint, fine-tuned apart from the captioner: one that shares its weights keeps what it wrote itself. "
        + "[default: the built-in demo]",
        "MODEL");

    private readonly Option<string?> captionerAdapter = OptionKinds.Text(
        "--captioner-adapter", "A LoRA adapter as the PEFT library saves it, for the captioner.", "DIR");

    private readonly Option<string?> filterAdapter = OptionKinds.Text("--filter-adapter", "The same for the filter.", "DIR");
    private readonly Option<string> output = new Option<string>("--output")
    {
        Description = "The folder of the run: new, empty, or of the same run.",
        HelpName = "DIR",
        Required = true,
    }.Written();
    private readonly Option<int?> captions = OptionKinds.Number<int>(
        "--captions", "Captions that are written for each image; 0 writes none. [default: 1]");
    private readonly Option<string?> prompt = OptionKinds.Text(
        "--prompt",
        "Words that each caption begins with, and that are cut off from it; \"\" for none. [default: \"a picture of\"]",
        "TEXT");

    private readonly Option<string> token = OptionKinds.Choice(
        "--match-token", "What the filter's texts begin with: enc as it was trained, cls as in Hugging Face's model.",
        "enc", ["enc", "cls"]);

    private readonly Option<int?> maxTextTokens = OptionKinds.Number<int>(
        "--max-text-tokens", "The most tokens of a text that the filter reads. [default: 35]");
    private readonly Option<bool> rawTexts = new("--raw-texts")
    {
        Description = "The filter reads texts as they are, not in lower case without punctuation as it was trained.",
    };
    private readonly Option<double?> maxFailures = OptionKinds.Number<double>(
        "--max-failures", "The share of a shard's images that may fail before it is given up, 0 to 1. [default: 0.5]", "share");
    private readonly Option<bool> retryFailed = new("--retry-failed") { Description = "Try images again that failed before." };
    private readonly Option<int?> decodeMemory = OptionKinds.Number<int>(
        "--decode-memory", "MiB that decoded images may hold while they wait. [default: 256]", "MiB");
    private readonly DatasetBinding datasets;
    private readonly ModelDownload download;
    private readonly SelectionBinding selection;
    private readonly GenerationBinding generation;
    private readonly DeviceBinding device;
    private readonly List<Option> own;

    public BootstrapBinding(Command command)
    {
        this.command = command;
        datasets = new DatasetBinding(command, ArgumentArity.ZeroOrMore);
        foreach (var option in (
            Option[])[output, captioner, captionerAdapter, filter, filterAdapter, captions, prompt, token, maxTextTokens, rawTexts])
            command.Add(option);
        download = new ModelDownload(command);
        selection = new SelectionBinding(command);
        foreach (var option in (Option[])[maxFailures, retryFailed, decodeMemory])
            command.Add(option);
        generation = new GenerationBinding(command);
        device = new DeviceBinding(command);
        own = [.. command.Options];
        command.Validators.Add(result =>
        {
            if (result.GetResult(command.Options.First(option => option.Name == "--num-return-sequences")) is { Implicit: false })
                result.AddError("--num-return-sequences is --captions here: give that.");
        });
    }

    public string Output(ParseResult parsed) => parsed.GetRequiredValue(output);

    /// <summary>The requested run, after its models are available.</summary>
    /// <exception cref="UsageException">An option is out of range, or a source or a model is missing.</exception>
    public async Task<BootstrapRequest> RequestAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        var request = Request(parsed, terminal);
        foreach (var model in new[] { request.Captioner, request.Filter })
            await download.EnsureAsync(parsed, terminal, model, null, cancellationToken);
        return request;
    }

    private BootstrapRequest Request(ParseResult parsed, Terminal terminal)
    {
        var (sources, human) = (datasets.Sources(parsed), datasets.Human(parsed));
        if (sources.Count + human.Count == 0)
            throw new UsageException("there is nothing to read: name a SOURCE, or --human SOURCE.");
        var models = device.Options<CapFiltOptions>(parsed);
        models = models with
        {
            Generation = generation.Apply(parsed, models.Generation),
            CaptionerAdapter = parsed.GetValue(captionerAdapter),
            FilterAdapter = parsed.GetValue(filterAdapter),
            CaptionsPerImage = parsed.GetValue(captions) ?? 1,
            Prompt = parsed.GetValue(prompt) is { } words ? words : models.Prompt,
            EncoderToken = parsed.GetRequiredValue(token) == "enc",
            MaxTextTokens = parsed.GetValue(maxTextTokens) ?? models.MaxTextTokens,
            CleanTexts = !parsed.GetValue(rawTexts),
        };
        foreach (var idle in generation.WithoutEffect(parsed, models.Generation))
            terminal.Note(idle);
        var request = new BootstrapRequest
        {
            Sources = sources,
            HumanSources = human,
            Captioner = DemoModel.Captioning.PathOf(parsed.GetValue(captioner)),
            Filter = DemoModel.Retrieval.PathOf(parsed.GetValue(filter)),
            Output = Output(parsed),
            Options = new BootstrapOptions
            {
                Models = models,
                Selection = selection.Options(parsed),
                Datasets = datasets.Options(parsed),
                Outputs = selection.Outputs(parsed),
                MaxFailures = parsed.GetValue(maxFailures) ?? new BootstrapOptions().MaxFailures,
                RetryFailed = parsed.GetValue(retryFailed),
                DecodeBytes = parsed.GetValue(decodeMemory) is { } mebibytes ? (long)mebibytes << 20 : new BootstrapOptions().DecodeBytes,
            },
        };
        return Startup.Step(() =>
        {
            request.Options.Validate();
            return request;
        });
    }

    /// <summary>Notes where the demo models are used.</summary>
    public void TellOfDemo(ParseResult parsed, Terminal terminal)
    {
        if (parsed.GetValue(captioner) is null || parsed.GetValue(filter) is null)
        {
            terminal.Note("without --captioner and --filter the demo models work, which know drawn shapes only "
                + $"(for photographs: {DemoModel.Captioning.ForPhotographs} and {DemoModel.Retrieval.ForPhotographs})");
        }
    }

    /// <summary>Notes that --threads has no effect.</summary>
    public void TellOfThreads(ParseResult parsed, Terminal terminal, IEnumerable<CapFilt> models)
    {
        foreach (var model in models)
            device.TellOfThreads(parsed, terminal, model.DeviceDescription);
    }

    /// <summary>The words that define the run, for the workers' command lines.</summary>
    public IReadOnlyList<string> Arguments(ParseResult parsed)
    {
        var words = new List<string>(datasets.Sources(parsed));
        foreach (var option in own)
        {
            if (parsed.GetResult(option) is not { Implicit: false } result)
                continue;
            if (result.Tokens.Count == 0)
                words.Add(option.Name);
            foreach (var value in result.Tokens)
                words.Add($"{option.Name}={value.Value}");
        }
        return words;
    }
}
