using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>
/// The linear layer backwards, for its parameters: <c>dW[k, n] += Σₘ X[m, k] · dY[m, n]</c> and
/// <c>db[n] += Σₘ dY[m, n]</c>. Rows are summed by slices, in an order that depends on the slice's length alone; slices are added in order.
/// Samples therefore give the same bits in one batch and in several.
/// </summary>
/// <remarks>
/// Variants: <see cref="GemmWeightBackwardSimd"/> on the CPU accelerator keeps a block of the gradient in the cache for all slices.
/// <see cref="GemmWeightBackwardPortable"/> elsewhere multiplies each slice by <see cref="Gemm"/>. Short slices cost more:
/// each adds its sums to the gradient, and outside the CPU accelerator reads and writes it.
/// </remarks>
public static class GemmWeightBackward
{
    /// <summary>Adds the gradients.</summary>
    /// <exception cref="ArgumentException">The precision has no products, a view is too short, or a size is out of range.</exception>
    public static void Run(Device device, in GemmWeightBackwardArgs args)
    {
        ShapeCheck.AtLeast(args.Rows, 0, nameof(args.Rows));
        ShapeCheck.AtLeast(args.SliceRows, 1, nameof(args.SliceRows));
        ShapeCheck.AtLeast(args.InFeatures, 1, nameof(args.InFeatures));
        ShapeCheck.AtLeast(args.OutFeatures, 1, nameof(args.OutFeatures));
        if (args.Rows % args.SliceRows != 0)
            throw new ArgumentException($"Rows is {args.Rows}; it must be a multiple of SliceRows, {args.SliceRows}.", nameof(args));
        var weights = (long)args.InFeatures * args.OutFeatures;
        ShapeCheck.Holds(args.X, (long)args.Rows * args.InFeatures, nameof(args.X), "[Rows, in]");
        ShapeCheck.Holds(args.OutputGradient, (long)args.Rows * args.OutFeatures, nameof(args.OutputGradient), "[Rows, out]");
        ShapeCheck.Holds(args.WeightGradient, weights, nameof(args.WeightGradient), "[in, out]");
        ShapeCheck.EmptyOrHolds(args.BiasGradient, args.OutFeatures, nameof(args.BiasGradient), "[out]");
        BackwardPrecision.Check(args.Precision);
        if (args.Rows == 0)
            return;
        if (device.RunsPortable)
            GemmWeightBackwardPortable.Run(device, args);
        else
            GemmWeightBackwardSimd.Run(device, args);
    }
}
