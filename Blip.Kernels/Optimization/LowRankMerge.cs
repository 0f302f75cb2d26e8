using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>
/// Adds a low-rank product to some outputs of a packed matrix, LoRA (Hu et al. 2021, equation 3): <c>W = W0 + s · B·A</c>.
/// </summary>
/// <remarks>Variants: <see cref="LowRankMergeSimd"/> (CPU), <see cref="LowRankMergePortable"/>.</remarks>
public static class LowRankMerge
{
    /// <summary>Writes the sum, in rank order, and its 16-bit copy, rounded to nearest, ties to even.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="args">Matrices, views, sizes and the scale.</param>
    /// <exception cref="ArgumentException">A view or size is invalid, or the matrices do not match.</exception>
    public static void Run(Device device, in LowRankMergeArgs args)
    {
        Check(args);
        if (device.RunsPortable)
            LowRankMergePortable.Run(device, args);
        else
            device.LaunchVectors(new LowRankMergeSimd(args, new RowTasks(device, args.Weights.InFeatures)));
    }

    private static void Check(in LowRankMergeArgs args)
    {
        var (before, after) = (args.Base, args.Weights);
        if (before.Format != DType.Float32 || after.Format != DType.Float32)
            throw new ArgumentException($"Base is {before.Format} and Weights are {after.Format}; both must be Float32.", nameof(args));
        if (args.Rounded is { } rounded && !rounded.Format.Is16Bits())
            throw new ArgumentException($"Rounded is {rounded.Format}; weights are rounded to 16 bits.", nameof(args));
        foreach (var other in new[] { before, args.Rounded })
        {
            if (other is not null && (other.OutFeatures, other.InFeatures) != (after.OutFeatures, after.InFeatures))
            {
                throw new ArgumentException(
                    $"Weights are [{after.OutFeatures}, {after.InFeatures}], and another matrix [{other.OutFeatures}, {other.InFeatures}].",
                    nameof(args));
            }
        }
        ShapeCheck.AtLeast(args.Rank, 1, nameof(args.Rank));
        ShapeCheck.Within(args.OutFeatures, 1, after.OutFeatures, nameof(args.OutFeatures));
        ShapeCheck.Within(args.FirstOutput, 0, after.OutFeatures - args.OutFeatures, nameof(args.FirstOutput));
        ShapeCheck.Holds(args.Down, (long)args.Rank * after.InFeatures, nameof(args.Down), "[rank, in]");
        ShapeCheck.Holds(args.Up, (long)args.Rank * args.OutFeatures, nameof(args.Up), "[rank, out]");
    }
}
