using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// Layer normalisation backwards, with respect to its scale and shift: <c>dgamma += Σ dy · x̂</c> and <c>dbeta += Σ dy</c> over the rows.
/// Mean and deviation of each row are computed again from x.
/// </summary>
/// <remarks>
/// Rows are added in blocks of <see cref="BlockRows"/> of a slice, the blocks in order, then the slice's sum to the gradient, slices in
/// order. Rows without gradient at a slice's end change no bit. Variants: <see cref="LayerNormParameterBackwardSimd"/> on the CPU
/// accelerator, <see cref="LayerNormParameterBackwardPortable"/> on every other device;
/// <c>dotnet run -c Release --project Blip.Bench -- kernels layernormparameterbackward</c> times them.
/// </remarks>
public static class LayerNormParameterBackward
{
    // The rows that one group or task adds up: enough of them in a slice for many groups, each long enough to be worth its start.
    internal const int BlockRows = 32;

    /// <summary>Adds the gradients of scale and shift to their views.</summary>
    /// <param name="device">Where the views live.</param>
    /// <param name="x">The normalised rows' inputs <c>[rows, width]</c>.</param>
    /// <param name="dy">The gradient of the result <c>[rows, width]</c>.</param>
    /// <param name="dgamma"><c>[width]</c>, added to; empty: not wanted.</param>
    /// <param name="dbeta"><c>[width]</c>, added to; empty: not wanted.</param>
    /// <param name="rows">Number of rows, a multiple of <paramref name="sliceRows"/>.</param>
    /// <param name="sliceRows">Rows of one sample, at least 1.</param>
    /// <param name="width">Elements per row, at least 1.</param>
    /// <param name="eps">Added to the variance; not negative.</param>
    /// <exception cref="ArgumentException">A view is too short for these sizes, or a size is out of range.</exception>
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
        // Of each block the sums of dy · x̂, then those of dy.
        var sums = device.Scratch((long)slices * blocks * 2 * width * sizeof(float)).Cast<float>();
        if (device.RunsPortable)
            LayerNormParameterBackwardPortable.Run(device, x, dy, dgamma, dbeta, sums, slices, blocks, sliceRows, width, eps);
        else
            LayerNormParameterBackwardSimd.Run(device, x, dy, dgamma, dbeta, sums, slices, blocks, sliceRows, width, eps);
    }
}
