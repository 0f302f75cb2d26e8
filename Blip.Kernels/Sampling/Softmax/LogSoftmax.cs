using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// <c>log p = x - log Σ exp x</c> over each row, with the largest element subtracted first. NaN and +inf, from damaged or overflowing
/// models, count as -inf, so later kernels meet no NaN. A row without a finite element becomes -inf. Variants: <see cref="LogSoftmaxSimd"/>
/// (CPU), <see cref="LogSoftmaxPortable"/>.
/// </summary>
public static class LogSoftmax
{
    /// <summary>Computes the log-probabilities.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="args">Views and sizes.</param>
    /// <exception cref="ArgumentException">A view or size is invalid.</exception>
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
