using Blip.Kernels;

namespace Blip.Runtime.Imaging;

/// <summary>How a model prepares images: the fields of <c>preprocessor_config.json</c>.</summary>
internal sealed record ImageProcessing
{
    /// <summary>Input width (<c>size.width</c>).</summary>
    public int Width { get; init; } = 384;

    /// <summary>Input height (<c>size.height</c>).</summary>
    public int Height { get; init; } = 384;

    /// <summary>Whether to resize images to that size (<c>do_resize</c>); otherwise they must have it.</summary>
    public bool Resize { get; init; } = true;

    /// <summary>The filter of resizing (<c>resample</c>).</summary>
    public ResamplingFilter Filter { get; init; } = ResamplingFilter.Bicubic;

    /// <summary>Whether to multiply bytes by <see cref="RescaleFactor"/> (<c>do_rescale</c>).</summary>
    public bool Rescale { get; init; } = true;

    public double RescaleFactor { get; init; } = 1.0 / 255;

    /// <summary>Whether to normalise by mean and deviation (<c>do_normalize</c>).</summary>
    public bool Normalize { get; init; } = true;

    /// <summary>Mean of red, green and blue (<c>image_mean</c>); default: CLIP's.</summary>
    public IReadOnlyList<double> Mean { get; init; } = [0.48145466, 0.4578275, 0.40821073];

    /// <summary>Standard deviation of red, green and blue (<c>image_std</c>); default: CLIP's.</summary>
    public IReadOnlyList<double> Std { get; init; } = [0.26862954, 0.26130258, 0.27577711];

    /// <summary>Checks all values.</summary>
    /// <exception cref="ArgumentException">A value is invalid; the message names its field.</exception>
    public void Validate()
    {
        const int MaxSide = 16384;
        if (Width is < 1 or > MaxSide || Height is < 1 or > MaxSide)
            throw new ArgumentException($"size: {Width}×{Height} is no size of an image; sides are 1 to {MaxSide} pixels.");
        if (!Enum.IsDefined(Filter))
            throw new ArgumentException(
                $"resample: {(int)Filter} is no filter; 0 to 5 are nearest, lanczos, bilinear, bicubic, box, hamming.");
        if (Rescale && !double.IsFinite(RescaleFactor))
            throw new ArgumentException($"rescale_factor: {RescaleFactor} is no number.");
        if (Normalize && (Mean.Count != 3 || !Mean.All(double.IsFinite)))
            throw new ArgumentException("image_mean: three numbers are needed.");
        if (Normalize && (Std.Count != 3 || !Std.All(value => double.IsFinite(value) && (float)value != 0)))
            throw new ArgumentException("image_std: three numbers other than 0 are needed.");
    }
}
