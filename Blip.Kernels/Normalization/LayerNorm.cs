using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// Layer normalization: <c>y = (x - mean) / √(variance + eps) · gamma + beta</c> over each row (Ba, Kiros, Hinton 2016, eq. 3). x may be
/// the sum of two tensors, for the residual of a post-norm block.
/// </summary>
/// <remarks>
/// Variants: <see cref="LayerNormSimd"/> (CPU), <see cref="LayerNormWarps"/> (CUDA, not run on a GPU yet), <see cref="LayerNormPortable"/>.
/// </remarks>
public static class LayerNorm
{
    /// <summary>Whether results may be stored in 16 bits, two to each float.</summary>
    /// <param name="target">The kernels' target.</param>
    /// <param name="width">Elements per row.</param>
    /// <param name="format">The requested format.</param>
    public static bool CanStore(KernelTarget target, int width, DType format) =>
        format.Is16Bits() && width % ValueFormats.Unit == 0 && CudaFormats.Rounded(target.Architecture, format) == format;

    /// <summary>Normalizes each row; <paramref name="y"/> may be <paramref name="x"/> or the residual, if it has their format.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="x">[rows, width].</param>
    /// <param name="residual">[rows, width], added to x first; or empty.</param>
    /// <param name="gamma">[width].</param>
    /// <param name="beta">[width].</param>
    /// <param name="y">[rows, width].</param>
    /// <param name="rows">Rows, at least 0.</param>
    /// <param name="width">Elements per row, at least 1.</param>
    /// <param name="eps">Added to the variance; not negative.</param>
    /// <param name="format">The results' format: single precision, or 16 bits if <see cref="CanStore"/>.</param>
    /// <exception cref="ArgumentException">A view or size is invalid, or no kernel stores the format.</exception>
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

    /// <summary>Throws unless these can normalize rows of the width.</summary>
    internal static void Check(ArrayView<float> gamma, ArrayView<float> beta, int width, float eps)
    {
        if (!(eps >= 0))
            throw new ArgumentException($"eps is {eps}; it must not be negative.", nameof(eps));
        ShapeCheck.Holds(gamma, width, nameof(gamma), "[width]");
        ShapeCheck.Holds(beta, width, nameof(beta), "[width]");
    }
}
