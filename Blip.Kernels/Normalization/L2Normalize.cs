using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Scales each row to length one: <c>y = x / max(‖x‖₂, eps)</c>, as <c>torch.nn.functional.normalize</c>.</summary>
/// <remarks>Variants: <see cref="L2NormalizeSimd"/> (CPU), <see cref="L2NormalizePortable"/>.</remarks>
public static class L2Normalize
{
    /// <summary>Normalizes each row; <paramref name="y"/> may be <paramref name="x"/>.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="x">[rows, width].</param>
    /// <param name="y">[rows, width].</param>
    /// <param name="rows">Rows, at least 0.</param>
    /// <param name="width">Elements per row, at least 1.</param>
    /// <param name="eps">The least divisor; positive.</param>
    /// <exception cref="ArgumentException">A view or size is invalid.</exception>
    public static void Run(Device device, ArrayView<float> x, ArrayView<float> y, int rows, int width, float eps = 1e-12f)
    {
        ShapeCheck.AtLeast(rows, 0, nameof(rows));
        ShapeCheck.AtLeast(width, 1, nameof(width));
        if (!(eps > 0))
            throw new ArgumentException($"eps is {eps}; it must be positive.", nameof(eps));
        ShapeCheck.Holds(x, (long)rows * width, nameof(x), "[rows, width]");
        ShapeCheck.Holds(y, (long)rows * width, nameof(y), "[rows, width]");
        if (rows == 0)
            return;
        if (device.RunsPortable)
            L2NormalizePortable.Run(device, x, y, rows, width, eps);
        else
            L2NormalizeSimd.Run(device, x, y, rows, width, eps);
    }
}
