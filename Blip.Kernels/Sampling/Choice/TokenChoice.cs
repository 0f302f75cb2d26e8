using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// Chooses each row's next token, the likeliest or a draw. Records history, length, end of the row and next input. Ties take the lowest
/// token. Variants: a worker (CPU) or group per row.
/// </summary>
public static class TokenChoice
{
    /// <summary>Chooses the tokens.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="args">Views and sizes.</param>
    /// <exception cref="ArgumentException">A view or size is invalid.</exception>
    public static void Run(Device device, in TokenChoiceArgs args)
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
    internal readonly struct Kernel(TokenChoiceAlgorithm<GroupThreads, ViewMemory<int>, ViewMemory<float>, ViewMemory<long>> algorithm)
        : IDeviceKernel
    {
        public void Run()
        {
            var values = SharedMemory.Allocate<float>(Device.MaxGroupSize);
            var tokens = SharedMemory.Allocate<int>(Device.MaxGroupSize);
            var best = Candidate.First(algorithm.Best(Grid.IdxX, default), values, tokens);
            if (Group.IdxX == 0)
                algorithm.Take(Grid.IdxX, best.Index);
        }
    }

    internal readonly struct Worker(
        TokenChoiceAlgorithm<SingleThread, HostMemory<int>, HostMemory<float>, HostMemory<long>> algorithm, int rows) : ICpuOperator
    {
        public int Tasks { get; } = rows;

        public void Run(int task) => algorithm.Take(task, algorithm.Best(task, default).Index);
    }

    private static void Check(in TokenChoiceArgs args)
    {
        ShapeCheck.AtLeast(args.Rows, 0, nameof(args.Rows));
        ShapeCheck.AtLeast(args.RowsPerSource, 1, nameof(args.RowsPerSource));
        ShapeCheck.AtLeast(args.RowsPerImage, 1, nameof(args.RowsPerImage));
        ShapeCheck.AtLeast(args.Vocabulary, 1, nameof(args.Vocabulary));
        ShapeCheck.AtLeast(args.Capacity, 1, nameof(args.Capacity));
        var images = (args.Rows + args.RowsPerImage - 1) / args.RowsPerImage;
        var sources = (args.Rows + args.RowsPerSource - 1) / args.RowsPerSource;
        ShapeCheck.Holds(args.Scores, (long)args.Rows * args.Vocabulary, nameof(args.Scores), "[rows, vocabulary]");
        ShapeCheck.Holds(args.Logits, (long)sources * args.Vocabulary, nameof(args.Logits), "[rows / RowsPerSource, vocabulary]");
        ShapeCheck.Holds(args.History, (long)args.Rows * args.Capacity, nameof(args.History), "[rows, capacity]");
        ShapeCheck.Holds(args.Streams, args.Sample ? images : 0, nameof(args.Streams), "[images]");
        ShapeCheck.Holds(args.Limits, images, nameof(args.Limits), "[images]");
        ShapeCheck.Holds(args.LogSums, args.Rows, nameof(args.LogSums), "[rows]");
        ShapeCheck.Holds(args.Lengths, args.Rows, nameof(args.Lengths), "[rows]");
        ShapeCheck.Holds(args.Finished, args.Rows, nameof(args.Finished), "[rows]");
        ShapeCheck.Holds(args.LogProbabilities, args.Rows, nameof(args.LogProbabilities), "[rows]");
        ShapeCheck.Holds(args.InputIds, args.Rows, nameof(args.InputIds), "[rows]");
        ShapeCheck.Holds(args.Positions, args.Rows, nameof(args.Positions), "[rows]");
        ShapeCheck.Holds(args.Chosen, args.Rows, nameof(args.Chosen), "[rows]");
    }
}
