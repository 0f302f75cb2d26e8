using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// One step of beam search: picks each image's running beams and finished sequences, and whether its search has ended. Beams move in index
/// tables; no key or value is copied. Variants: a worker (CPU) or group per image.
/// </summary>
public static class BeamStep
{
    /// <summary>
    /// Added to the sum of a beam that must not continue, because it ended or copies another. Every other beam ranks higher.
    /// </summary>
    public const float OutOfReach = -1e9f;

    /// <summary>Runs the step.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="args">Views and sizes.</param>
    /// <exception cref="ArgumentException">A view or size is invalid.</exception>
    public static void Run(Device device, in BeamStepArgs args)
    {
        Check(args);
        if (args.Images == 0)
            return;
        if (device.RunsPortable)
        {
            device.Launch(new KernelConfig(args.Images, device.GroupSize), new Kernel(new(device, args)));
        }
        else
        {
            device.Launch(new Worker(new(device, args), args.Images));
        }
    }

    [Kernel]
    internal readonly struct Kernel(BeamStepAlgorithm<GroupThreads, ViewMemory<int>, ViewMemory<float>> algorithm) : IDeviceKernel
    {
        public void Run() => algorithm.Image(Grid.IdxX, default);
    }

    internal readonly struct Worker(BeamStepAlgorithm<SingleThread, HostMemory<int>, HostMemory<float>> algorithm, int images)
        : ICpuOperator
    {
        public int Tasks { get; } = images;

        public void Run(int task) => algorithm.Image(task, default);
    }

    private static void Check(in BeamStepArgs args)
    {
        ShapeCheck.AtLeast(args.Images, 0, nameof(args.Images));
        ShapeCheck.AtLeast(args.Beams, 1, nameof(args.Beams));
        ShapeCheck.AtLeast(args.Candidates, 2, nameof(args.Candidates));
        ShapeCheck.AtLeast(args.Capacity, 1, nameof(args.Capacity));
        var rows = (long)args.Images * args.Beams;
        ShapeCheck.Holds(args.Divisors, args.Capacity + 1, nameof(args.Divisors), "[capacity + 1]");
        ShapeCheck.Holds(args.PromptLengths, args.Images, nameof(args.PromptLengths), "[images]");
        ShapeCheck.Holds(args.Limits, args.Images, nameof(args.Limits), "[images]");
        ShapeCheck.Holds(args.Done, args.Images, nameof(args.Done), "[images]");
        ShapeCheck.Holds(args.Orders, rows * args.Candidates, nameof(args.Orders), "[rows, candidates]");
        ShapeCheck.Holds(args.Sums, rows * args.Candidates, nameof(args.Sums), "[rows, candidates]");
        ShapeCheck.Holds(args.Tokens, rows * args.Candidates, nameof(args.Tokens), "[rows, candidates]");
        ShapeCheck.EmptyOrHolds(args.Ends, rows * args.Candidates, nameof(args.Ends), "[rows, candidates]");
        ShapeCheck.Holds(args.Running, rows, nameof(args.Running), "[rows]");
        ShapeCheck.Holds(args.Lengths, rows, nameof(args.Lengths), "[rows]");
        ShapeCheck.Holds(args.FinishedScores, rows, nameof(args.FinishedScores), "[rows]");
        ShapeCheck.Holds(args.FinishedLengths, rows, nameof(args.FinishedLengths), "[rows]");
        ShapeCheck.Holds(args.InputIds, rows, nameof(args.InputIds), "[rows]");
        ShapeCheck.Holds(args.Positions, rows, nameof(args.Positions), "[rows]");
        ShapeCheck.Holds(args.History, rows * args.Capacity, nameof(args.History), "[rows, capacity]");
        ShapeCheck.Holds(args.CacheRow, rows * args.Capacity, nameof(args.CacheRow), "[rows, capacity]");
        ShapeCheck.Holds(args.FinishedTokens, rows * args.Capacity, nameof(args.FinishedTokens), "[rows, capacity]");
        ShapeCheck.Holds(args.FinishedRows, rows * args.Capacity, nameof(args.FinishedRows), "[rows, capacity]");
        ShapeCheck.Holds(args.IntScratch, rows * (9L + args.Capacity), nameof(args.IntScratch), "[rows, 9 + capacity]");
        ShapeCheck.Holds(args.FloatScratch, rows * 4, nameof(args.FloatScratch), "[rows, 4]");
    }
}
