using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// The gradients of layer normalization's scale and shift: <c>dgamma += Σ dy · x̂</c> and <c>dbeta += Σ dy</c> over the rows. Each row's
/// mean and deviation are recomputed.
/// </summary>
/// <remarks>
/// Each slice sums its rows in blocks of <see cref="BlockRows"/>, in order; then the gradient adds the slices, in order. Rows without
/// gradient at a slice's end change no bit. Variants: <see cref="LayerNormParameterBackwardSimd"/> (CPU),
/// <see cref="LayerNormParameterBackwardPortable"/>.
/// </remarks>
public static class LayerNormParameterBackward
{
    // Rows per group or task: a slice yields many groups, each worth its launch.
    internal const int BlockRows = 32;

    /// <summary>Adds to the gradients.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="x">The inputs <c>[rows, width]</c>.</param>
    /// <param name="dy">The result's gradient <c>[rows, width]</c>.</param>
    /// <param name="dgamma"><c>[width]</c>, added to; empty: not wanted.</param>
    /// <param name="dbeta"><c>[width]</c>, added to; empty: not wanted.</param>
    /// <param name="rows">Rows, a multiple of <paramref name="sliceRows"/>.</param>
    /// <param name="sliceRows">Rows per sample, at least 1.</param>
    /// <param name="width">Elements per row, at least 1.</param>
    /// <param name="eps">Added to the variance; not negative.</param>
    /// <exception cref="ArgumentException">A view or size is invalid.</exception>
    public static void Run(
        Device device, ArrayView<float> x, ArrayView<float> dy, ArrayView<float> dgamma, ArrayView<float> dbeta, int rows, int sliceRows,
        int width, float eps)
    {
        ShapeCheck.Slices(rows, sliceRows);
        ShapeCheck.AtLeast(width, 1, nameof(width));
        if (!(eps >= 0))
            throw new ArgumentException($"eps is {eps}; it must not be negative.", nameof(eps));
        ShapeCheck.Holds(x, (long)rows * width, nameof(x), "[rows, width]");
        ShapeCheck.Holds(dy, (long)rows * width, nameof(dy), "[rows, width]");
        ShapeCheck.EmptyOrHolds(dgamma, width, nameof(dgamma), "[width]");
        ShapeCheck.EmptyOrHolds(dbeta, width, nameof(dbeta), "[width]");
        if (rows == 0 || (dgamma.Length == 0 && dbeta.Length == 0))
            return;
        var slices = rows / sliceRows;
        var blocks = (sliceRows + BlockRows - 1) / BlockRows;
        // Per block: the sums of dy · x̂, then those of dy.
        var sums = device.Scratch((long)slices * blocks * 2 * width * sizeof(float)).Cast<float>();
        if (device.RunsPortable)
            LayerNormParameterBackwardPortable.Run(device, x, dy, dgamma, dbeta, sums, slices, blocks, sliceRows, width, eps);
        else
            LayerNormParameterBackwardSimd.Run(device, x, dy, dgamma, dbeta, sums, slices, blocks, sliceRows, width, eps);
    }
}
