using Blip.Runtime.Checkpoints;
using Blip.Runtime.Imaging;

namespace Blip.Runtime.Pipelines;

internal static class PreprocessorConfigExtensions
{
    /// <summary>The steps that the file asks for. (<c>do_convert_rgb</c> changes nothing: every decoded image is RGB.)</summary>
    public static ImageProcessing ToProcessing(this PreprocessorConfig config) => new()
    {
        Width = config.Width,
        Height = config.Height,
        Resize = config.DoResize,
        Filter = config.Resample,
        Rescale = config.DoRescale,
        RescaleFactor = config.RescaleFactor,
        Normalize = config.DoNormalize,
        Mean = [.. config.Mean.Select(value => (float)value)],
        Std = [.. config.Std.Select(value => (float)value)],
    };
}
