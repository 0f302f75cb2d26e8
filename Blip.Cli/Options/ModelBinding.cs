using System.CommandLine;
using System.CommandLine.Parsing;
using Blip.Cli.Output;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Options;

/// <summary>Which model, and where it runs.</summary>
internal sealed class ModelBinding
{
    /// <summary>What a model can be called, for the help.</summary>
    public const string Names =
        "A folder with config.json and weights, a weight file beside its config.json, a name in the local Hugging Face cache "
        + "(Salesforce/blip-image-captioning-base), or synthetic:NAME.";

    /// <summary>What a precision can be called.</summary>
    public static readonly string[] Precisions = [.. Enum.GetNames<Precision>().Select(name => name.ToLowerInvariant())];

    private readonly DemoModel demo;
    private readonly Option<string?> model = OptionKinds.Text("--model", $"{Names} [default: the built-in demo, which knows drawn shapes only]", "MODEL");
    private readonly Option<string> device = new("--device")
    {
        Description = "Where to run: auto, cuda, opencl or cpu; cuda:1 is the second one. Captions run on several, too: cuda:all, or cuda:0,cuda:1. See 'blip devices'.",
        HelpName = "auto|cuda|opencl|cpu",
        DefaultValueFactory = _ => "auto",
    };
    private readonly Option<string> precision = OptionKinds.Choice(
        "--precision",
        "How weights are kept: fp16 and bf16 take half the memory, int8 a quarter of the decoder's; less memory is less time per word.",
        "fp32",
        Precisions);
    private readonly Option<string> encoderPrecision = OptionKinds.Choice(
        "--encoder-precision", "The same for the image encoder alone; with auto what goes with --precision, and fp32 with int8.", "auto", ["auto", .. Precisions]);
    private readonly Option<string?> cache = new("--cache")
    {
        Description = "Keep the packed weights in a file, for a faster start the next time: beside the model, or in a folder. Safe to delete.",
        HelpName = "DIR",
        Arity = ArgumentArity.ZeroOrOne,
    };
    private readonly Option<int?> threads = OptionKinds.Number<int>("--threads", "Threads of the CPU device. [default: one per core]");
    private readonly Option<int?> batchSize = OptionKinds.Number<int>(
        "--batch-size", "Pictures that go through the model together; it changes the time, not the words. [default: the device's choice]");
    private readonly Option<string?> vocabulary = OptionKinds.Text("--vocab", "A vocab.txt or tokenizer.json in place of the model's own.", "FILE");

    private readonly Option<string> compat = OptionKinds.Choice(
        "--compat",
        "Whose answers: those of Hugging Face transformers, or of the authors' own code, where the two differ.",
        "huggingface",
        [.. Enum.GetNames<Compat>().Select(name => name.ToLowerInvariant())]);

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="demo">The model that is meant where none is named.</param>
    public ModelBinding(Command command, DemoModel demo)
    {
        this.demo = demo;
        cache.Validators.Add(RefusePictureAsFolder);
        device.CompletionSources.Add("auto", "cuda", "opencl", "cpu", "cuda:all");
        foreach (var option in (Option[])[model, device, precision, encoderPrecision, cache, threads, batchSize, vocabulary, compat])
            command.Add(option);
    }

    /// <summary>Finds a model; its weights are not opened.</summary>
    /// <exception cref="UsageException">There is none of this name, or its small files are damaged.</exception>
    public static ModelSource Resolve(string model) => Startup.Step(() => ModelSource.Resolve(model));

    /// <summary>The model of the command line, or the demo, with a word about it.</summary>
    /// <exception cref="UsageException">There is none of this name, or its small files are damaged.</exception>
    public ModelSource Resolve(ParseResult parsed, Terminal terminal)
    {
        if (parsed.GetValue(model) is { } named)
            return Resolve(named);
        if (!Directory.Exists(demo.Path))
            throw new UsageException($"the demo {demo.Noun} is not beside the program ('{demo.Path}'): give --model.");
        terminal.Say($"no --model: using the demo {demo.Noun}, which knows drawn shapes on plain backgrounds only. "
            + $"For photographs, download {demo.ForPhotographs} from huggingface.co and give --model FOLDER.");
        return Resolve(demo.Path);
    }

    /// <summary>Whose answers are wanted.</summary>
    public Compat Compat(ParseResult parsed) => Enum.Parse<Compat>(parsed.GetRequiredValue(compat), ignoreCase: true);

    /// <summary>A pipeline's options, as far as every pipeline has them.</summary>
    public TOptions Options<TOptions>(ParseResult parsed)
        where TOptions : PipelineOptions, new() => (TOptions)((PipelineOptions)new TOptions() with
        {
            Device = parsed.GetRequiredValue(device),
            Precision = Enum.Parse<Precision>(parsed.GetRequiredValue(precision), ignoreCase: true),
            EncoderPrecision = Enum.TryParse<Precision>(parsed.GetRequiredValue(encoderPrecision), ignoreCase: true, out var encoder) ? encoder : null,
            Cache = parsed.GetResult(cache) is { Implicit: false },
            CacheFolder = parsed.GetValue(cache),
            Threads = parsed.GetValue(threads) ?? 0,
            BatchSize = parsed.GetValue(batchSize) ?? 0,
            VocabularyFile = parsed.GetValue(vocabulary),
            Compat = Compat(parsed),
        });

    /// <summary>Puts a model on the device, and says what there is to say about it.</summary>
    /// <exception cref="UsageException">Device, vocabulary, weights or a number cannot be used.</exception>
    public TPipeline Load<TPipeline>(ParseResult parsed, Terminal terminal, ProgressLine progress, Func<TPipeline> load)
        where TPipeline : Pipeline
    {
        progress.Announce("loading the model …");
        try
        {
            var pipeline = Startup.Step(load);
            progress.Clear();
            foreach (var notice in pipeline.Notices)
                terminal.Say(notice);
            if (parsed.GetValue(threads) is not null && pipeline.DeviceDescription.Kind != DeviceKind.Cpu)
                terminal.Say($"{threads.Name} changes nothing on {pipeline.DeviceDescription.Id}: it is about --device cpu");
            return pipeline;
        }
        finally
        {
            progress.Clear();
        }
    }

    // "--cache photo.jpg" was meant to caption the photo.
    private static void RefusePictureAsFolder(OptionResult result)
    {
        if (result.Tokens is [var token] && !Directory.Exists(token.Value))
            result.AddError($"--cache is '{token.Value}', and there is no such folder; make it first, or put --cache after the pictures to keep the file beside the model.");
    }
}
