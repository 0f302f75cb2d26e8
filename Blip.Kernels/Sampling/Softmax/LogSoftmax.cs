using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// <c>log p = x - log Σ exp x</c> over each row, the largest element taken out first. NaN and +inf, which only a damaged
/// or overflowing model gives, count as -inf, so that no later kernel meets a NaN; a row without a finite element becomes -inf throughout. Variants: <see cref="LogSoftmaxPortable"/> everywhere, <see cref="LogSoftmaxSimd"/> on the CPU accelerator.
/// </summary>
public static class LogSoftmax
{
    /// <summary>Computes the arguments' results.</summary>
    /// <param name="device">Where the views live.</param>
    /// <param name="args">Views and sizes.</param>
    /// <exception cref="ArgumentException">A view is too short for the sizes, or a size is out of range.</exception>
    public static void Run(Device device, in LogSoftmaxArgs args)
    {
        ShapeCheck.AtLeast(args.Rows, 0, nameof(args.Rows));
        ShapeCheck.AtLeast(args.Vocabulary, 1, nameof(args.Vocabulary));
        ShapeCheck.AtLeast(args.RowsPerSource, 1, nameof(args.RowsPerSource));
        if (args.Rows == 0)
            return;
        var sources = ((args.Rows - 1) / args.RowsPerSource) + 1;
        ShapeCheck.Holds(args.Logits, (long)sources * args.Vocabulary, nameof(args.Logits), "[rows / RowsPerSource, vocabulary]");
        ShapeCheck.Holds(args.Scores, (long)args.Rows * args.Vocabulary, nameof(args.Scores), "[rows, vocabulary]");
        ShapeCheck.EmptyOrHolds(args.LogSums, args.Rows, nameof(args.LogSums), "[rows]");
        if (device.RunsPortable)
            LogSoftmaxPortable.Run(device, args);
        else
            device.LaunchVectors(new LogSoftmaxSimd(args));
    }
}
