using System.Text.Json;
using Blip.Kernels;
using Blip.Runtime.Files;

namespace Blip.Runtime.Checkpoints;

/// <summary>The preparation of images (preprocessor_config.json). Defaults are BLIP's image processor's.</summary>
internal sealed record PreprocessorConfig
{
    /// <summary>CLIP's mean of red, green and blue, in 0 to 1.</summary>
    public static IReadOnlyList<double> ClipMean { get; } = [0.48145466, 0.4578275, 0.40821073];

    /// <summary>CLIP's standard deviation, likewise.</summary>
    public static IReadOnlyList<double> ClipStd { get; } = [0.26862954, 0.26130258, 0.27577711];

    /// <summary>Converts palettes, gray, CMYK and transparency to RGB.</summary>
    public bool DoConvertRgb { get; init; } = true;

    /// <summary>Resizes to <see cref="Width"/> × <see cref="Height"/>; proportions are not kept.</summary>
    public bool DoResize { get; init; } = true;

    /// <summary>By Pillow's number in the file; BLIP's processors name bicubic.</summary>
    public ResamplingFilter Resample { get; init; } = ResamplingFilter.Bicubic;

    /// <summary>Pixels across.</summary>
    public int Width { get; init; } = 384;

    /// <summary>Pixels down.</summary>
    public int Height { get; init; } = 384;

    /// <summary>Multiplies bytes by <see cref="RescaleFactor"/>.</summary>
    public bool DoRescale { get; init; } = true;

    /// <summary>Usually 1/255.</summary>
    public double RescaleFactor { get; init; } = 1 / 255.0;

    /// <summary>Subtracts <see cref="Mean"/> and divides by <see cref="Std"/>.</summary>
    public bool DoNormalize { get; init; } = true;

    /// <summary>Of red, green and blue.</summary>
    public IReadOnlyList<double> Mean { get; init; } = ClipMean;

    /// <summary>Of red, green and blue, each positive.</summary>
    public IReadOnlyList<double> Std { get; init; } = ClipStd;

    /// <summary>Without a preprocessor_config.json: the model's image size, CLIP's mean and deviation.</summary>
    public static PreprocessorConfig For(VisionConfig vision) => new() { Width = vision.ImageSize, Height = vision.ImageSize };

    /// <summary>Reads preprocessor_config.json, or processor_config.json of newer releases; without either, <see cref="For"/>.</summary>
    /// <exception cref="CheckpointException">A file is damaged or asks for something unsupported.</exception>
    public static PreprocessorConfig Load(string folder, VisionConfig vision)
    {
        var own = Path.Combine(folder, "preprocessor_config.json");
        if (File.Exists(own))
            return Read(JsonFile.Load(own), vision);
        var joint = Path.Combine(folder, "processor_config.json");
        return File.Exists(joint) ? Read(JsonFile.Load(joint).Object("image_processor"), vision) : For(vision);
    }

    internal static PreprocessorConfig Read(JsonFile json, VisionConfig vision)
    {
        var defaults = For(vision);
        var (width, height) = ReadSize(json) ?? (defaults.Width, defaults.Height);
        var config = new PreprocessorConfig
        {
            DoConvertRgb = json.Bool("do_convert_rgb") ?? defaults.DoConvertRgb,
            DoResize = json.Bool("do_resize") ?? defaults.DoResize,
            Resample = ReadFilter(json) ?? defaults.Resample,
            Width = width,
            Height = height,
            DoRescale = json.Bool("do_rescale") ?? defaults.DoRescale,
            RescaleFactor = json.Number("rescale_factor") ?? defaults.RescaleFactor,
            DoNormalize = json.Bool("do_normalize") ?? defaults.DoNormalize,
            Mean = ReadChannels(json, "image_mean") ?? defaults.Mean,
            Std = ReadChannels(json, "image_std") ?? defaults.Std,
        };
        if (config.Std.Any(value => value <= 0))
            throw json.Error("image_std", $"holds a number that is not positive: {string.Join(", ", config.Std)}");
        return config;
    }

    private static ResamplingFilter? ReadFilter(JsonFile json) => (ResamplingFilter?)json.Int("resample") switch
    {
        { } filter when !Enum.IsDefined(filter) =>
            throw json.Error(
                "resample", $"is {(int)filter}, not 0 (nearest), 1 (lanczos), 2 (bilinear), 3 (bicubic), 4 (box) or 5 (hamming)"),
        var filter => filter,
    };

    private static (int Width, int Height)? ReadSize(JsonFile json)
    {
        if (json.Value("size") is not { } size)
            return null;
        if (size.ValueKind == JsonValueKind.Number)
        {
            var side = Side(json, "size");
            return (side, side);
        }
        var sides = json.Object("size");
        if (sides.Value("height") is null || sides.Value("width") is null)
            throw json.Error("size", $"is {JsonInput.Shown(size)}; only a number, or height and width, is supported");
        return (Side(sides, "width"), Side(sides, "height"));
    }

    private static int Side(JsonFile json, string field) =>
        json.Int(field) is >= 1 and <= ConfigRules.LargestImage and { } side
            ? side
            : throw json.Error(field, $"is not a size from 1 to {ConfigRules.LargestImage}");

    private static double[]? ReadChannels(JsonFile json, string field) =>
        json.Array(field, item => item.GetDouble(), "three numbers") switch
        {
            null => null,
            { Length: VisionConfig.Channels } values when values.All(double.IsFinite) => values,
            _ => throw json.Error(field, "is not an array of three numbers"),
        };
}
