using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// The gradient of layer normalization's input. With x̂ = (x - mean)/σ, g = dy · gamma and means over a row,
/// <c>dx = (g - mean(g) - x̂ · mean(g · x̂)) / σ</c> (Ba, Kiros, Hinton 2016, eq. 3, by the chain rule). Mean and σ are recomputed, which
/// is cheaper than storing them.
/// </summary>
/// <remarks>Variants: <see cref="LayerNormBackwardSimd"/> (CPU), <see cref="LayerNormBackwardPortable"/>.</remarks>
public static class LayerNormBackward
{
    /// <summary>Each row's gradient; <paramref name="dx"/> may be <paramref name="dy"/>.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="x">The inputs <c>[rows, width]</c>.</param>
    /// <param name="gamma"><c>[width]</c>.</param>
    /// <param name="dy">The result's gradient <c>[rows, width]</c>.</param>
    /// <param name="dx">Receives x's gradient <c>[rows, width]</c>; not x.</param>
    /// <param name="rows">Rows, at least 0.</param>
    /// <param name="width">Elements per row, at least 1.</param>
    /// <param name="eps">Added to the variance; not negative.</param>
    /// <exception cref="ArgumentException">A view or size is invalid.</exception>
    public static void Run(
        Device device, ArrayView<float> x, ArrayView<float> gamma, ArrayView<float> dy, ArrayView<float> dx, int rows, int width, float eps)
    {
        ShapeCheck.AtLeast(rows, 0, nameof(rows));
        ShapeCheck.AtLeast(width, 1, nameof(width));
        if (!(eps >= 0))
            throw new ArgumentException($"eps is {eps}; it must not be negative.", nameof(eps));
        var elements = (long)rows * width;
        ShapeCheck.Holds(x, elements, nameof(x), "[rows, width]");
        ShapeCheck.Holds(gamma, width, nameof(gamma), "[width]");
        ShapeCheck.Holds(dy, elements, nameof(dy), "[rows, width]");
        ShapeCheck.Holds(dx, elements, nameof(dx), "[rows, width]");
        if (rows == 0)
            return;
        if (device.RunsPortable)
            LayerNormBackwardPortable.Run(device, x, gamma, dy, dx, rows, width, eps);
        else
            device.LaunchSixteenLanes(new LayerNormBackwardSimd(x, gamma, dy, dx, new RowTasks(device, rows), width, eps));
    }
}
