using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>What <see cref="GemmBackward"/> multiplies.</summary>
public struct GemmBackwardArgs
{
    /// <summary>The gradient of the layer's output <c>[Rows, out]</c>, before bias and residual (which pass it on as it is) and behind the activation's own.</summary>
    public ArrayView<float> OutputGradient;

    /// <summary>The layer's weights <c>[out, in]</c>, packed as <see cref="Gemm"/> reads them.</summary>
    public PackedWeights Weights;

    /// <summary>Receives the gradient of the layer's input <c>[Rows, in]</c>; not one of the inputs.</summary>
    public ArrayView<float> InputGradient;

    /// <summary>Rows, at least 0.</summary>
    public int Rows;
}

/// <summary>
/// The linear layer backwards, with respect to its input: <c>dX[m, k] = Σₙ dY[m, n] · W[n, k]</c>. A panel of 64 outputs,
/// <c>[in, 64]</c>, holds the n of one k side by side, which is how this sum runs: the packing that <see cref="Gemm"/> reads by columns is read
/// here by rows, and no second copy of the weights is kept. Each panel's products are summed by themselves and the panels' sums added in their
/// order, so that a row gets the same bits alone and in a batch.
/// </summary>
/// <remarks>
/// Variants: <see cref="GemmBackwardSimd"/> on the CPU accelerator, <see cref="GemmBackwardPortable"/> on every other device. Gradients run on demand
/// and over a text's words, so that neither has been driven to the roof:
/// <c>dotnet run -c Release --project Blip.Bench -- kernels gemmbackward</c> times them.
/// </remarks>
public static class GemmBackward
{
    /// <summary>Multiplies; see the formula above.</summary>
    /// <exception cref="ArgumentException">A view is too short for these sizes.</exception>
    public static void Run(Device device, in GemmBackwardArgs args)
    {
        ArgumentNullException.ThrowIfNull(args.Weights);
        ShapeCheck.AtLeast(args.Rows, 0, nameof(args.Rows));
        ShapeCheck.Holds(args.OutputGradient, (long)args.Rows * args.Weights.OutFeatures, nameof(args.OutputGradient), "[Rows, out]");
        ShapeCheck.Holds(args.InputGradient, (long)args.Rows * args.Weights.InFeatures, nameof(args.InputGradient), "[Rows, in]");
        if (args.Rows == 0)
            return;
        if (device.RunsPortable)
            GemmBackwardPortable.Run(device, args);
        else
            GemmBackwardSimd.Run(device, args);
    }
}
