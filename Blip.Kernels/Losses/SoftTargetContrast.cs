using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// One direction of the image-text contrastive loss with momentum features, a queue and soft targets (ALBEF, Li et al. 2021, eq. 6):
/// <c>-Σ t · log softmax(f · o / T)</c> over the columns of batch and queue, with
/// <c>t = alpha · softmax(f' · o / T) + (1 - alpha) · hard</c>. Momentum features and targets get no gradient.
/// </summary>
/// <remarks>
/// Scratch memory holds all similarities twice. Columns are summed by blocks, in order. Variants: <see cref="SoftTargetContrastSimd"/>
/// (CPU, products by <see cref="PanelProduct"/>), <see cref="SoftTargetContrastPortable"/>.
/// </remarks>
public static class SoftTargetContrast
{
    /// <summary>Computes losses and gradients.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="args">Views and sizes.</param>
    /// <exception cref="ArgumentException">A view or size is invalid.</exception>
    public static void Run(Device device, in SoftTargetContrastArgs args)
    {
        ShapeCheck.AtLeast(args.Rows, 0, nameof(args.Rows));
        ShapeCheck.AtLeast(args.Dim, 1, nameof(args.Dim));
        ShapeCheck.AtLeast(args.QueueLength, 0, nameof(args.QueueLength));
        var elements = (long)args.Rows * args.Dim;
        ShapeCheck.Holds(args.Features, elements, nameof(args.Features), "[Rows, Dim]");
        ShapeCheck.Holds(args.MomentumFeatures, elements, nameof(args.MomentumFeatures), "[Rows, Dim]");
        ShapeCheck.Holds(args.OtherBatch, elements, nameof(args.OtherBatch), "[Rows, Dim]");
        ShapeCheck.Holds(args.OtherQueue, (long)args.QueueLength * args.Dim, nameof(args.OtherQueue), "[QueueLength, Dim]");
        ShapeCheck.Holds(args.Keys, args.Rows, nameof(args.Keys), "[Rows]");
        ShapeCheck.Holds(args.QueueKeys, args.QueueLength, nameof(args.QueueKeys), "[QueueLength]");
        ShapeCheck.Holds(args.Temperature, 1, nameof(args.Temperature), "[1]");
        ShapeCheck.Holds(args.Losses, args.Rows, nameof(args.Losses), "[Rows]");
        ShapeCheck.EmptyOrHolds(args.FeatureGradient, elements, nameof(args.FeatureGradient), "[Rows, Dim]");
        if (!(args.Alpha is >= 0 and <= 1))
            throw new ArgumentException($"Alpha is {args.Alpha}; it must lie from 0 to 1.", nameof(args));
        if (args.Rows == 0)
            return;
        if (device.RunsPortable)
            SoftTargetContrastPortable.Run(device, args);
        else
            SoftTargetContrastSimd.Run(device, args);
    }
}
