using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// The cross-entropy of softmax with its gradient: of a row <c>(1 - s) · -log p[label] + s · mean(-log p)</c>, where s is
/// <see cref="CrossEntropyArgs.LabelSmoothing"/> (Szegedy et al. 2016, section 7, as <c>torch.nn.functional.cross_entropy</c> has it).
/// The gradient <c>p - target</c> may be written over the logits, so that a vocabulary's logits exist once.
/// </summary>
/// <remarks>
/// Variants: <see cref="CrossEntropySimd"/> on the CPU accelerator, <see cref="CrossEntropyPortable"/> on every other device;
/// <c>dotnet run -c Release --project Blip.Bench -- kernels crossentropy</c> times them.
/// </remarks>
public static class CrossEntropy
{
    /// <summary>
    /// Computes losses and gradients. A row of weight 0 has a loss and a gradient of exactly 0, for any values. Labels live on the
    /// device, where nothing can be reported: the loss and the gradient of a row with weight whose label is no class are NaN.
    /// </summary>
    /// <param name="device">Where the views live.</param>
    /// <param name="args">Views and sizes.</param>
    /// <exception cref="ArgumentException">A view is too short for the sizes, or a size is out of range.</exception>
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
