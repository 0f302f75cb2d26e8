using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>
/// The linear layer: <c>Y[m, n] = act(Σₖ X[m, k] · W[n, k] + bias[n]) + residual[m, n]</c>. The sum runs over k from first to last
/// whatever the number of rows, so that a row gets the same bits alone and in a batch.
/// </summary>
public static class Gemm
{
    /// <summary>Multiplies; see the formula above.</summary>
    /// <exception cref="ArgumentException">A view is too short for these sizes, or the activation is not one that exists.</exception>
    public static void Run(Device device, in GemmArgs args) => Run(device, args, portable: device.Kind != DeviceKind.Cpu);

    internal static void Run(Device device, in GemmArgs args, bool portable)
    {
        ArgumentNullException.ThrowIfNull(args.Weights);
        ShapeCheck.AtLeast(args.Rows, 0, nameof(args.Rows));
        Activations.Validate(args.Activation);
        var outputs = (long)args.Rows * args.Weights.OutFeatures;
        ShapeCheck.Holds(args.X, (long)args.Rows * args.Weights.InFeatures, nameof(args.X), "[Rows, in]");
        ShapeCheck.EmptyOrHolds(args.Bias, args.Weights.OutFeatures, nameof(args.Bias), "[out]");
        ShapeCheck.EmptyOrHolds(args.Residual, outputs, nameof(args.Residual), "[Rows, out]");
        ShapeCheck.Holds(args.Y, outputs, nameof(args.Y), "[Rows, out]");
        if (args.Rows == 0)
            return;
        // By the device, never by the number of rows: the bits of an output must not depend on its batch.
        if (!portable)
            GemmSimd.Run(device, args);
        else if (device.Description.IsProcessor)
            GemmPortable.Run(device, args);
        else
            GemmShared.Run(device, args);
    }
}
