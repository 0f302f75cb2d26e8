using System.CommandLine;
using Blip.Cli.Output;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Options;

/// <summary><c>blip info --cost</c>: counts captions' operations, bytes and launches.</summary>
internal sealed class CostBinding
{
    private static readonly CostOptions Defaults = new();

    private static readonly string[] Kinds = [.. Enum.GetNames<DeviceKind>().Select(name => name.ToLowerInvariant())];

    private readonly Option<bool> cost = new("--cost")
    {
        Description = "Show in place of all that what captions cost by count: operations, bytes, kernels and launches. No device is "
            + "needed.",
    };
    private readonly Option<string> device = OptionKinds.Choice("--device", "With --cost: whose launches to count.", "cuda", Kinds);
    private readonly Option<string> precision =
        OptionKinds.Choice("--precision", "With --cost: how weights are kept.", "fp32", DeviceBinding.Precisions);
    private readonly Option<string> encoderPrecision = OptionKinds.Choice(
        "--encoder-precision", "With --cost: the same for the image encoder.", "auto", ["auto", .. DeviceBinding.Precisions]);
    private readonly Option<int?> batchSize =
        OptionKinds.Number<int>("--batch-size", $"With --cost: images of a batch. [default: {Defaults.BatchSize}]");
    private readonly Option<int?> numBeams =
        OptionKinds.Number<int>("--num-beams", $"With --cost: beams of the search. [default: {Defaults.NumBeams}]");
    private readonly Option<int?> tokens =
        OptionKinds.Number<int>("--tokens", $"With --cost: tokens of a caption, the start token not counted. [default: {Defaults.Tokens}]");
    private readonly Option<string> image = new("--image")
    {
        Description = "With --cost: the images as they come.",
        HelpName = "WIDTHxHEIGHT",
        DefaultValueFactory = _ => $"{Defaults.ImageWidth}x{Defaults.ImageHeight}",
    };
    private readonly Option<double?> teraflops =
        OptionKinds.Number<double>("--peak", "With --cost and --bandwidth: what the device computes, for a least time.", "TFLOP/s");
    private readonly Option<double?> bandwidth =
        OptionKinds.Number<double>("--bandwidth", "With --cost and --peak: what its memory moves, for a least time.", "GB/s");

    public CostBinding(Command command)
    {
        Option[] details = [device, precision, encoderPrecision, batchSize, numBeams, tokens, image, teraflops, bandwidth];
        foreach (var option in (Option[])[cost, .. details])
            command.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetValue(cost))
                return;
            foreach (var option in details.Where(option => result.GetResult(option) is { Implicit: false }))
                result.AddError($"{option.Name} changes nothing without {cost.Name}; add it, or leave {option.Name} out.");
        });
    }

    public bool Wanted(ParseResult parsed) => parsed.GetValue(cost);

    /// <exception cref="UsageException">An option is out of range, or the model is not a captioner.</exception>
    public void Write(ParseResult parsed, ModelSource source, BlipHead head, bool json, TextWriter output)
    {
        if (head != BlipHead.Captioning)
            throw new UsageException($"{cost.Name} counts captions, and {source.Name} is a {head.Architecture()}.");
        var (peak, bytes) = (Positive(parsed, teraflops), Positive(parsed, bandwidth));
        if (peak is null != bytes is null)
            throw new UsageException($"{teraflops.Name} and {bandwidth.Name} make a least time together: give both, or neither.");
        var (width, height) = Image(parsed.GetRequiredValue(image));
        var options = new CostOptions
        {
            Device = Enum.Parse<DeviceKind>(parsed.GetRequiredValue(device), ignoreCase: true),
            Precision = Enum.Parse<Precision>(parsed.GetRequiredValue(precision), ignoreCase: true),
            EncoderPrecision = Enum.TryParse<Precision>(parsed.GetRequiredValue(encoderPrecision), ignoreCase: true, out var encoder)
                ? encoder
                : null,
            BatchSize = parsed.GetValue(batchSize) ?? Defaults.BatchSize,
            NumBeams = parsed.GetValue(numBeams) ?? Defaults.NumBeams,
            Tokens = parsed.GetValue(tokens) ?? Defaults.Tokens,
            ImageWidth = width,
            ImageHeight = height,
        };
        var report = new CostReport(Startup.Step(() => CaptionCosts.Of(source, options)), peak, bytes);
        if (json)
            output.WriteLine(report.Json(options));
        else
            output.WriteTable(report.Table());
    }

    private static double? Positive(ParseResult parsed, Option<double?> option) =>
        parsed.GetValue(option) is not { } value
            ? null : value > 0 ? value
            : throw new UsageException($"{option.Name} is {value}; give a number above 0.");

    private (int Width, int Height) Image(string text) =>
        text.Split('x', 'X', '×') is [var width, var height] && int.TryParse(width, out var columns) && int.TryParse(height, out var rows)
            ? (columns, rows)
            : throw new UsageException($"{image.Name} is '{text}'; give columns and rows, such as 640x480.");
}
