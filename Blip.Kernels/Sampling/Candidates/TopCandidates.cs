using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// Each beam's best continuations: the tokens with the highest sums of log-probabilities, best first, ties by token. Variants:
/// <see cref="TopCandidatesSimd"/> (CPU), <see cref="TopCandidatesPortable"/>.
/// </summary>
public static class TopCandidates
{
    /// <summary>Finds them.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="args">Views and sizes.</param>
    /// <exception cref="ArgumentException">A view or size is invalid.</exception>
    public static void Run(Device device, in TopCandidatesArgs args)
    {
        ShapeCheck.AtLeast(args.Rows, 0, nameof(args.Rows));
        ShapeCheck.AtLeast(args.RowsPerImage, 1, nameof(args.RowsPerImage));
        ShapeCheck.AtLeast(args.Vocabulary, 1, nameof(args.Vocabulary));
        ShapeCheck.Within(args.Count, 1, args.Vocabulary, nameof(args.Count));
        ShapeCheck.Holds(args.Scores, (long)args.Rows * args.Vocabulary, nameof(args.Scores), "[rows, vocabulary]");
        ShapeCheck.Holds(args.Running, args.Rows, nameof(args.Running), "[rows]");
        ShapeCheck.Holds(args.Lengths, args.Sample ? args.Rows : 0, nameof(args.Lengths), "[rows]");
        ShapeCheck.Holds(args.Streams, args.Sample ? (args.Rows + args.RowsPerImage - 1) / args.RowsPerImage : 0, nameof(args.Streams),
            "[images]");
        ShapeCheck.Holds(args.Orders, (long)args.Rows * args.Count, nameof(args.Orders), "[rows, count]");
        ShapeCheck.Holds(args.Sums, (long)args.Rows * args.Count, nameof(args.Sums), "[rows, count]");
        ShapeCheck.Holds(args.Tokens, (long)args.Rows * args.Count, nameof(args.Tokens), "[rows, count]");
        if (args.Rows == 0)
            return;
        if (device.RunsPortable)
            TopCandidatesPortable.Run(device, args);
        else
            device.LaunchVectors(new TopCandidatesSimd(args));
    }
}
