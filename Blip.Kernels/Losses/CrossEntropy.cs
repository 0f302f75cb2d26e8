using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// Softmax cross-entropy with its gradient. A row's loss is <c>(1 - s) · -log p[label] + s · mean(-log p)</c>, with s =
/// <see cref="CrossEntropyArgs.LabelSmoothing"/> (Szegedy et al. 2016, section 7; <c>torch.nn.functional.cross_entropy</c>). The gradient
/// <c>p - target</c> may overwrite the logits, to save memory.
/// </summary>
/// <remarks>Variants: <see cref="CrossEntropySimd"/> (CPU), <see cref="CrossEntropyPortable"/>.</remarks>
public static class CrossEntropy
{
    /// <summary>
    /// Computes losses and gradients. A row of weight 0 has a loss and gradient of exactly 0, for any values. A weighted row with an
    /// invalid label has NaN in both, since a device cannot report errors.
    /// </summary>
    /// <param name="device">The views' device.</param>
    /// <param name="args">Views and sizes.</param>
    /// <exception cref="ArgumentException">A view or size is invalid.</exception>
    public static void Run(Device device, in CrossEntropyArgs args)
    {
        ShapeCheck.AtLeast(args.Rows, 0, nameof(args.Rows));
        ShapeCheck.AtLeast(args.Classes, 1, nameof(args.Classes));
        if (!(args.LabelSmoothing is >= 0 and <= 1))
            throw new ArgumentException($"LabelSmoothing is {args.LabelSmoothing}; it must lie from 0 to 1.", nameof(args));
        var elements = (long)args.Rows * args.Classes;
        ShapeCheck.Holds(args.Logits, elements, nameof(args.Logits), "[Rows, Classes]");
        ShapeCheck.Holds(args.Labels, args.Rows, nameof(args.Labels), "[Rows]");
        ShapeCheck.EmptyOrHolds(args.RowWeights, args.Rows, nameof(args.RowWeights), "[Rows]");
        ShapeCheck.Holds(args.Losses, args.Rows, nameof(args.Losses), "[Rows]");
        ShapeCheck.EmptyOrHolds(args.Gradient, elements, nameof(args.Gradient), "[Rows, Classes]");
        if (args.Rows == 0)
            return;
        if (device.RunsPortable)
            CrossEntropyPortable.Run(device, args);
        else
            device.LaunchSixteenLanes(new CrossEntropySimd(args));
    }
}
