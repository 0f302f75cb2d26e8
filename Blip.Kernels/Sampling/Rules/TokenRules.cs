using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// Rules about the tokens so far, in Hugging Face's order: sequence bias, repetition penalty, n-grams, bad words, least length, allowed
/// words, forced first and last token, exponential decay, suppressed tokens. One launch does all, since most touch few scores. Variants:
/// <see cref="TokenRulesAlgorithm{TThreads, TInts, TFloats}"/> with a worker (CPU) or group per row.
/// </summary>
public static class TokenRules
{
    /// <summary>Changes the scores.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="args">Views, sizes and rules.</param>
    /// <exception cref="ArgumentException">A view or size is invalid.</exception>
    public static void Run(Device device, in TokenRulesArgs args)
    {
        Check(args);
        if (args.Rows == 0)
            return;
        if (device.RunsPortable)
        {
            device.Launch(new KernelConfig(args.Rows, device.GroupSize), new Kernel(new(device, args)));
        }
        else
        {
            device.Launch(new Worker(new(device, args), args.Rows));
        }
    }

    [Kernel]
    internal readonly struct Kernel(TokenRulesAlgorithm<GroupThreads, ViewMemory<int>, ViewMemory<float>> algorithm) : IDeviceKernel
    {
        public void Run() => algorithm.Row(Grid.IdxX, default);
    }

    internal readonly struct Worker(TokenRulesAlgorithm<SingleThread, HostMemory<int>, HostMemory<float>> algorithm, int rows)
        : ICpuOperator
    {
        public int Tasks { get; } = rows;

        public void Run(int task) => algorithm.Row(task, default);
    }

    private static void Check(in TokenRulesArgs args)
    {
        ShapeCheck.AtLeast(args.Rows, 0, nameof(args.Rows));
        ShapeCheck.AtLeast(args.RowsPerImage, 1, nameof(args.RowsPerImage));
        ShapeCheck.AtLeast(args.Vocabulary, 1, nameof(args.Vocabulary));
        ShapeCheck.AtLeast(args.Capacity, 1, nameof(args.Capacity));
        ShapeCheck.AtLeast(args.NoRepeatNgramSize, 0, nameof(args.NoRepeatNgramSize));
        ShapeCheck.Within(args.StopToken, 0, args.Vocabulary - 1, nameof(args.StopToken));
        ShapeCheck.Within(args.ForcedFirstToken, -1, args.Vocabulary - 1, nameof(args.ForcedFirstToken));
        ShapeCheck.Within(args.ForcedToken, -1, args.Vocabulary - 1, nameof(args.ForcedToken));
        if (!(args.RepetitionPenalty > 0))
            throw new ArgumentException($"RepetitionPenalty is {args.RepetitionPenalty}; it must be above 0.", nameof(args));
        var images = (args.Rows + args.RowsPerImage - 1) / args.RowsPerImage;
        ShapeCheck.Holds(args.Scores, (long)args.Rows * args.Vocabulary, nameof(args.Scores), "[rows, vocabulary]");
        ShapeCheck.Holds(args.History, (long)args.Rows * args.Capacity, nameof(args.History), "[rows, capacity]");
        ShapeCheck.Holds(args.Lengths, args.Rows, nameof(args.Lengths), "[rows]");
        ShapeCheck.Holds(args.PromptLengths, images, nameof(args.PromptLengths), "[images]");
        ShapeCheck.Holds(args.Limits, images, nameof(args.Limits), "[images]");
        ShapeCheck.EmptyOrHolds(args.Decay, args.Capacity, nameof(args.Decay), "[capacity]");
        Check(args.Biases, nameof(args.Biases));
        Check(args.BadWords, nameof(args.BadWords));
        if (args.Allowed.First.Length == 0)
            return;
        ShapeCheck.Holds(args.Allowed.Next, args.Allowed.Tokens.Length, nameof(args.Allowed), "[continuations]");
        ShapeCheck.Holds(args.Allowed.Complete, args.Allowed.First.Length - 1, nameof(args.Allowed), "[states]");
    }

    private static void Check(in SequenceTable table, string name)
    {
        if (table.LastTokens.Length == 0)
            return;
        ShapeCheck.Holds(table.FirstSequence, table.LastTokens.Length + 1, name, "[tokens + 1]");
        ShapeCheck.Holds(table.PrefixStart, table.Biases.Length + 1, name, "[sequences + 1]");
    }
}
