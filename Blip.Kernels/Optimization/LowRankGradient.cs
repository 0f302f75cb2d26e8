using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>
/// The gradients of a low-rank product, LoRA (Hu et al. 2021, section 4.1), from the matrix's gradient G. For <c>W = W0 + s · Aᵀ·Bᵀ</c>,
/// all <c>[in, out]</c>, they are <c>dA = s · Bᵀ·Gᵀ</c> and <c>dBᵀ = s · A·G</c>.
/// </summary>
/// <remarks>
/// Variants: <see cref="LowRankUpGradientSimd"/> and <see cref="LowRankDownGradientSimd"/> (CPU), <see cref="LowRankGradientPortable"/>.
/// Shapes alone fix the order of sums.
/// </remarks>
public static class LowRankGradient
{
    /// <summary>Overwrites both gradients.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="args">Views, sizes and the scale.</param>
    /// <exception cref="ArgumentException">A view or size is invalid.</exception>
    public static void Run(Device device, in LowRankGradientArgs args)
    {
        Check(args);
        if (device.RunsPortable)
        {
            LowRankGradientPortable.Run(device, args);
            return;
        }
        device.LaunchSixteenLanes(new LowRankUpGradientSimd(args));
        device.LaunchSixteenLanes(new LowRankDownGradientSimd(args, new RowTasks(device, args.InFeatures)));
    }

    private static void Check(in LowRankGradientArgs args)
    {
        ShapeCheck.AtLeast(args.InFeatures, 1, nameof(args.InFeatures));
        ShapeCheck.AtLeast(args.OutFeatures, 1, nameof(args.OutFeatures));
        ShapeCheck.AtLeast(args.Rank, 1, nameof(args.Rank));
        ShapeCheck.AtLeast(args.Columns, args.OutFeatures, nameof(args.Columns));
        ShapeCheck.Within(args.FirstColumn, 0, args.Columns - args.OutFeatures, nameof(args.FirstColumn));
        ShapeCheck.Holds(args.Gradient, (long)args.InFeatures * args.Columns, nameof(args.Gradient), "[in, columns]");
        var (down, up) = ((long)args.Rank * args.InFeatures, (long)args.Rank * args.OutFeatures);
        ShapeCheck.Holds(args.Down, down, nameof(args.Down), "[rank, in]");
        ShapeCheck.Holds(args.Up, up, nameof(args.Up), "[rank, out]");
        ShapeCheck.Holds(args.DownGradient, down, nameof(args.DownGradient), "[rank, in]");
        ShapeCheck.Holds(args.UpGradient, up, nameof(args.UpGradient), "[rank, out]");
    }
}
