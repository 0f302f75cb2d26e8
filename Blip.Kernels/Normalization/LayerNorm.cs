using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// Layer normalisation: <c>y = (x - mean) / √(variance + eps) · gamma + beta</c> over each row (Ba, Kiros, Hinton 2016, eq. 3),
/// where x may be the sum of two tensors (the residual connection in front of a post-norm block).
/// </summary>
/// <remarks>
/// Variants; times are in docs/measurements:
/// <list type="bullet">
/// <item><see cref="LayerNormSimd"/>, CPU.</item>
/// <item><see cref="LayerNormWarps"/>, CUDA; not run on a GPU yet.</item>
/// <item><see cref="LayerNormPortable"/>, every other device.</item>
/// </list>
/// </remarks>
public static class LayerNorm
{
    /// <summary>Whether results may be stored in a format of 16 bits, two to each float of their memory.</summary>
    /// <param name="target">Which kernels run.</param>
    /// <param name="width">Elements per row.</param>
    /// <param name="format">The format that is asked for.</param>
    public static bool CanStore(KernelTarget target, int width, DType format) =>
        format.Is16Bits() && width % ValueFormats.Unit == 0 && CudaFormats.Rounded(target.Architecture, format) == format;

    /// <summary>Normalises each row. Done in place where <paramref name="y"/> is <paramref name="x"/> or the residual, and of their format.</summary>
    /// <param name="device">Where the views live.</param>
    /// <param name="x">[rows, width].</param>
    /// <param name="residual">[rows, width], added to x before the mean is taken; or empty.</param>
    /// <param name="gamma">[width].</param>
    /// <param name="beta">[width].</param>
    /// <param name="y">[rows, width].</param>
    /// <param name="rows">Number of rows, at least 0.</param>
    /// <param name="width">Elements per row, at least 1.</param>
    /// <param name="eps">Added to the variance; not negative.</param>
    /// <param name="format">How results are stored: single precision, or 16 bits where <see cref="CanStore"/> allows it.</param>
    /// <exception cref="ArgumentException">A view is too short for these sizes, a size is out of range, or the format is one that no kernel here stores.</exception>
    public static void Run(
        Device device, ArrayView<float> x, ArrayView<float> residual, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<float> y,
        int rows, int width, float eps, DType format = DType.Float32)
    {
        ShapeCheck.AtLeast(rows, 0, nameof(rows));
        ShapeCheck.AtLeast(width, 1, nameof(width));
        Check(gamma, beta, width, eps);
        var elements = (long)rows * width;
        ShapeCheck.Holds(x, elements, nameof(x), "[rows, width]");
        ShapeCheck.EmptyOrHolds(residual, elements, nameof(residual), "[rows, width]");
        if (format != DType.Float32 && !CanStore(KernelTarget.Of(device), width, format))
            throw new ArgumentException($"The results are to be {format}; no kernel here stores rows of {width} so.", nameof(format));
        ShapeCheck.Holds(y, format.Floats(elements), nameof(y), "[rows, width]");
        if (rows == 0)
            return;
        if (device.RunsPortable && device.Architecture > 0)
            LayerNormWarps.Run(device, x, device.OrEmpty(residual), gamma, beta, y, rows, width, eps, format);
        else if (device.RunsPortable)
            LayerNormPortable.Run(device, x, device.OrEmpty(residual), gamma, beta, y, rows, width, eps);
        else
            LayerNormSimd.Run(device, x, residual, gamma, beta, y, rows, width, eps);
    }

    /// <summary>Whether these can normalise rows of a width.</summary>
    /// <exception cref="ArgumentException">They cannot.</exception>
    internal static void Check(ArrayView<float> gamma, ArrayView<float> beta, int width, float eps)
    {
        if (!(eps >= 0))
            throw new ArgumentException($"eps is {eps}; it must not be negative.", nameof(eps));
        ShapeCheck.Holds(gamma, width, nameof(gamma), "[width]");
        ShapeCheck.Holds(beta, width, nameof(beta), "[width]");
    }
}
