using System.CommandLine;
using System.CommandLine.Parsing;
using Blip.Kernels.Devices;
using Blip.Runtime.Imaging;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Options;

/// <summary>Where models run, in which precision, and in which batches.</summary>
internal sealed class DeviceBinding
{
    public static readonly string[] Precisions = [.. Enum.GetNames<Precision>().Select(name => name.ToLowerInvariant())];

    private readonly Option<string> device = new("--device")
    {
        Description = "Where to run: auto, cuda, opencl or cpu; cuda:1 is the second one. "
            + "Captions run on several, too: cuda:all, or cuda:0,cuda:1. See 'blip devices'.",
        HelpName = "auto|cuda|opencl|cpu",
        DefaultValueFactory = _ => "auto",
    };
    private readonly Option<string> precision = OptionKinds.Choice(
        "--precision",
        "How weights are kept: fp16 and bf16 take half the memory, int8 a quarter of the decoder's, w8a8 a quarter of all and products of "
            + "8 bits; less memory is less time per word.",
        "fp32",
        Precisions);
    private readonly Option<string> encoderPrecision = OptionKinds.Choice(
        "--encoder-precision", "The same for the image encoder alone; with auto what goes with --precision, and fp32 with int8.",
        "auto", ["auto", .. Precisions]);
    private readonly Option<string?> cache = new Option<string?>("--cache")
    {
        Description = "Keep the packed weights in a file, for a faster start the next time: beside the model, or in a folder. "
            + "Safe to delete.",
        HelpName = "DIR",
        Arity = ArgumentArity.ZeroOrOne,
    }.Written();
    private readonly Option<int?> threads = OptionKinds.Number<int>("--threads", "Threads of the CPU device. [default: one per core]");
    private readonly Option<int?> batchSize = OptionKinds.Number<int>(
        "--batch-size", "Images that go through the model together; it changes the time, not the words. [default: the device's choice]");
    private readonly Option<string?> vocabulary = OptionKinds.Text(
        "--vocab", "A vocab.txt or tokenizer.json in place of the model's own.", "FILE");

    private readonly Option<long?> maxPixels = OptionKinds.Number<long>(
        "--max-pixels", "The largest image, in pixels: what claims more is refused before memory is taken for it. [default: 178956970]");

    private readonly Option<RgbColor?> background = new("--background")
    {
        Description = "The colour that shows through transparent images: white, black, gray or #rrggbb. "
            + "[default: the opacity is dropped, as the reference does]",
        HelpName = "white|#rrggbb",
        CustomParser = result =>
        {
            if (RgbColor.TryParse(result.Tokens[0].Value, out var color))
                return color;
            result.AddError($"--background is '{result.Tokens[0].Value}'; give white, black, gray or a colour such as #ff8000.");
            return null;
        },
    };

    private readonly Option<string> compat = OptionKinds.Choice(
        "--compat",
        "Whose answers: those of Hugging Face transformers, or of the authors' own code, where the two differ.",
        "huggingface",
        [.. Enum.GetNames<Compat>().Select(name => name.ToLowerInvariant())]);

    public DeviceBinding(Command command)
    {
        cache.Validators.Add(RefuseImageAsFolder);
        device.CompletionSources.Add("auto", "cuda", "opencl", "cpu", "cuda:all");
        foreach (var option in (
            Option[])[device, precision, encoderPrecision, cache, threads, batchSize, vocabulary, compat, maxPixels, background])
            command.Add(option);
    }

    public Compat Compat(ParseResult parsed) => Enum.Parse<Compat>(parsed.GetRequiredValue(compat), ignoreCase: true);

    /// <summary>The limits of an image, and the background of transparent ones.</summary>
    public ImageDecoderOptions Images(ParseResult parsed)
    {
        var defaults = new ImageDecoderOptions();
        return defaults with { MaxPixels = parsed.GetValue(maxPixels) ?? defaults.MaxPixels, Background = parsed.GetValue(background) };
    }

    /// <summary>The options common to all pipelines.</summary>
    public TOptions Options<TOptions>(ParseResult parsed)
        where TOptions : PipelineOptions, new() => (TOptions)((PipelineOptions)new TOptions() with
        {
            Device = parsed.GetRequiredValue(device),
            Precision = Enum.Parse<Precision>(parsed.GetRequiredValue(precision), ignoreCase: true),
            EncoderPrecision = Enum.TryParse<Precision>(parsed.GetRequiredValue(encoderPrecision), ignoreCase: true, out var encoder)
                ? encoder
                : null,
            Cache = parsed.GetResult(cache) is { Implicit: false },
            CacheFolder = parsed.GetValue(cache),
            Threads = parsed.GetValue(threads) ?? 0,
            BatchSize = parsed.GetValue(batchSize) ?? 0,
            VocabularyFile = parsed.GetValue(vocabulary),
            Compat = Compat(parsed),
            Images = Images(parsed),
        });

    /// <summary>Notes that a number of threads has no effect.</summary>
    public void TellOfThreads(ParseResult parsed, Terminal terminal, DeviceDescription where)
    {
        if (parsed.GetValue(threads) is not null && where.Kind != DeviceKind.Cpu)
            terminal.Note($"{threads.Name} changes nothing on {where.Id}: it is about --device cpu");
    }

    // "--cache photo.jpg" should caption the photo.
    private static void RefuseImageAsFolder(OptionResult result)
    {
        if (result.Tokens is [var token] && !Directory.Exists(token.Value))
            result.AddError(
                $"--cache is '{token.Value}', and there is no such folder; "
                + "make it first, or put --cache after the images to keep the file beside the model.");
    }
}
