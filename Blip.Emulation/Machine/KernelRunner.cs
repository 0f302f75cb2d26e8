using System.Numerics;
using Blip.Emulation.Ptx;

namespace Blip.Emulation.Machine;

internal static class KernelRunner
{
    private const int MaxThreads = 1024;
    private const int MaxGridX = int.MaxValue;
    private const int MaxGridYZ = 65535;
    private const int MaxBlockZ = 64;

    /// <exception cref="EmulationException">The launch exceeds a limit, or the kernel has a fault.</exception>
    public static LaunchCounts Run(KernelLaunch launch, int sharedLimit)
    {
        Check(launch, sharedLimit);
        var options = launch.Options;
        var groups = launch.Grid.Count;
        var threads = launch.Program.UsesGlobalAtomics
            ? 1
            : Math.Min(options.Threads > 0 ? options.Threads : Environment.ProcessorCount, groups);
        if (threads <= 1)
            return RunSome(launch, 0, 1, CancellationToken.None);

        using var stop = new CancellationTokenSource();
        var counts = new LaunchCounts[threads];
        var errors = new EmulationException?[threads];
        Parallel.For(0, threads, worker =>
        {
            try
            {
                counts[worker] = RunSome(launch, worker, threads, stop.Token);
            }
            catch (EmulationException e)
            {
                errors[worker] = e;
                stop.Cancel();
            }
        });
        if (errors.FirstOrDefault(error => error is not null) is { } first)
            throw first;
        return new LaunchCounts(counts.Sum(count => count.WarpInstructions), counts.Sum(count => count.LaneInstructions));
    }

    private static LaunchCounts RunSome(KernelLaunch launch, long first, long step, CancellationToken stop)
    {
        using var cta = new Cta(launch);
        var groups = launch.Grid.Count;
        long warpInstructions = 0, laneInstructions = 0;
        var (start, stride) = Order(groups, launch.Options.Seed);
        for (var number = first; number < groups && !stop.IsCancellationRequested; number += step)
        {
            var at = (start + (number * stride)) % groups;
            var group = new Dim3(
                (int)(at % launch.Grid.X), (int)(at / launch.Grid.X % launch.Grid.Y), (int)(at / launch.Grid.X / launch.Grid.Y));
            var counts = cta.Run(group, at);
            warpInstructions += counts.WarpInstructions;
            laneInstructions += counts.LaneInstructions;
        }
        return new LaunchCounts(warpInstructions, laneInstructions);
    }

    // A seed selects the first group and a stride that visits each group once.
    private static (long Start, long Stride) Order(long groups, int seed)
    {
        if (seed == 0)
            return (0, 1);
        var stride = (groups * 5 / 8) | 1;
        while (BigInteger.GreatestCommonDivisor(stride, groups) != 1)
            stride += 2;
        return ((uint)seed * 0x9E3779B9 % groups, stride);
    }

    private static void Check(KernelLaunch launch, int sharedLimit)
    {
        var entry = launch.Program.Entry;
        var (grid, block) = (launch.Grid, launch.Block);
        if (grid.X < 1 || grid.Y < 1 || grid.Z < 1 || block.X < 1 || block.Y < 1 || block.Z < 1)
            throw Refuse(launch, $"grid {grid} of groups {block} has no threads");
        if (grid.X > MaxGridX || grid.Y > MaxGridYZ || grid.Z > MaxGridYZ)
            throw Refuse(launch, $"grid {grid} is beyond ({MaxGridX}, {MaxGridYZ}, {MaxGridYZ})");
        if (block.Count > MaxThreads || block.Z > MaxBlockZ)
            throw Refuse(launch, $"groups {block} are beyond {MaxThreads} threads, or {MaxBlockZ} in z");
        if (block.Count > entry.MaxThreads)
            throw Refuse(launch, $"groups {block} are beyond the {entry.MaxThreads} threads that the kernel was compiled for");
        if (launch.DynamicSharedBytes < 0 || launch.Program.DynamicShared + launch.DynamicSharedBytes > sharedLimit)
            throw Refuse(launch,
                $"{launch.Program.DynamicShared} and {launch.DynamicSharedBytes} bytes of shared memory are beyond {sharedLimit}");
        CheckArguments(entry, launch.Arguments.Length);
    }

    /// <summary>Rejects arguments of a wrong size; a structure may be padded at its end.</summary>
    public static void CheckArguments(PtxFunction entry, int bytes)
    {
        if (bytes != entry.ParameterBytes && bytes != PtxTypes.RoundUp(entry.ParameterBytes, 8))
            throw new EmulationException(
                Fault.Launch, $"launch of {entry.Name}: {bytes} bytes of arguments, where the kernel takes {entry.ParameterBytes}");
    }

    private static EmulationException Refuse(KernelLaunch launch, string what) =>
        new(Fault.Launch, $"launch of {launch.Program.Entry.Name}: {what}");
}
