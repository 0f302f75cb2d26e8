using System.Diagnostics;
using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// Filters that narrow a distribution before a draw, in Hugging Face's order: temperature, top-h (Baghaei Potraghloo et al. 2025), top-k,
/// top-p (Holtzman et al. 2020), min-p (Nguyen et al. 2024), typical (Meister et al. 2023), epsilon and eta (Hewitt et al. 2022). Ties are
/// treated as there: top-k, typical, epsilon and eta keep or drop them together. Top-p drops lower tokens first (a stable sort). Thresholds
/// are found bit by bit, without sorting. Variants: a worker (CPU) or group per row.
/// </summary>
public static class SamplingFilters
{
    /// <summary>Top-h considers this many of the likeliest tokens, and ties with the last.</summary>
    public const int TopHTokens = 100;

    /// <summary>Filters.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="args">Views, sizes and filters.</param>
    /// <exception cref="ArgumentException">A view or filter is invalid.</exception>
    public static void Run(Device device, in SamplingFiltersArgs args)
    {
        Check(args);
        if (args.Rows == 0)
            return;
        if (args.TopH > 0f)
        {
            Narrow(device, args with { TopK = TopHTokens });
            Run(device, args, Filter.TopH, new TopH(new(device, args)));
            Narrow(device, args with { Temperature = 1f });
        }
        else
        {
            Narrow(device, args);
        }
        if (args.TopP < 1f)
            Run(device, args, Filter.TopP, new TopP(new(device, args)));
        if (args.MinP > 0f)
            Run(device, args, Filter.MinP, new MinP(new(device, args)));
        if (args.TypicalP < 1f)
            Run(device, args, Filter.Typical, new Typical(new(device, args)));
        if (args.EpsilonCutoff > 0f)
            Run(device, args, Filter.Epsilon, new Epsilon(new(device, args)));
        if (args.EtaCutoff > 0f)
            Run(device, args, Filter.Eta, new Eta(new(device, args)));
    }

    // Temperature and top-k share a kernel, unless top-h comes between.
    private static void Narrow(Device device, in SamplingFiltersArgs args)
    {
        if (args.Temperature != 1f || args.TopK > 0)
            Run(device, args, Filter.TopK, new TopK(new(device, args)));
    }

    private static void Run<TKernel>(Device device, in SamplingFiltersArgs args, Filter filter, TKernel kernel)
        where TKernel : struct, IDeviceKernel
    {
        if (device.RunsPortable)
            device.Launch(new KernelConfig(args.Rows, device.GroupSize), kernel);
        else
            device.Launch(new Worker(new(device, args), filter, args.Rows));
    }

    [Kernel]
    internal readonly struct TopH(SamplingFiltersAlgorithm<ViewMemory<float>> algorithm) : IDeviceKernel
    {
        public void Run() => algorithm.KeepEntropy(Grid.IdxX, Shared());
    }

    [Kernel]
    internal readonly struct TopK(SamplingFiltersAlgorithm<ViewMemory<float>> algorithm) : IDeviceKernel
    {
        public void Run() => algorithm.KeepTopK(Grid.IdxX, Shared());
    }

    [Kernel]
    internal readonly struct TopP(SamplingFiltersAlgorithm<ViewMemory<float>> algorithm) : IDeviceKernel
    {
        public void Run() => algorithm.KeepLikeliest(Grid.IdxX, Shared());
    }

    [Kernel]
    internal readonly struct MinP(SamplingFiltersAlgorithm<ViewMemory<float>> algorithm) : IDeviceKernel
    {
        public void Run() => algorithm.KeepNearLikeliest(Grid.IdxX, Shared());
    }

    [Kernel]
    internal readonly struct Typical(SamplingFiltersAlgorithm<ViewMemory<float>> algorithm) : IDeviceKernel
    {
        public void Run() => algorithm.KeepTypical(Grid.IdxX, Shared());
    }

    [Kernel]
    internal readonly struct Epsilon(SamplingFiltersAlgorithm<ViewMemory<float>> algorithm) : IDeviceKernel
    {
        public void Run() => algorithm.CutEpsilon(Grid.IdxX, Shared());
    }

    [Kernel]
    internal readonly struct Eta(SamplingFiltersAlgorithm<ViewMemory<float>> algorithm) : IDeviceKernel
    {
        public void Run() => algorithm.CutEta(Grid.IdxX, Shared());
    }

    private static GroupReducer Shared() =>
        new(SharedMemory.Allocate<float>(Device.MaxGroupSize), SharedMemory.Allocate<int>(Device.MaxGroupSize));

    internal enum Filter
    {
        TopH,
        TopK,
        TopP,
        MinP,
        Typical,
        Epsilon,
        Eta,
    }

    internal readonly struct Worker(SamplingFiltersAlgorithm<HostMemory<float>> algorithm, Filter filter, int rows) : ICpuOperator
    {
        public int Tasks { get; } = rows;

        public void Run(int task)
        {
            switch (filter)
            {
                case Filter.TopH:
                    algorithm.KeepEntropy(task, default(LoneReducer));
                    break;
                case Filter.TopK:
                    algorithm.KeepTopK(task, default(LoneReducer));
                    break;
                case Filter.TopP:
                    algorithm.KeepLikeliest(task, default(LoneReducer));
                    break;
                case Filter.MinP:
                    algorithm.KeepNearLikeliest(task, default(LoneReducer));
                    break;
                case Filter.Typical:
                    algorithm.KeepTypical(task, default(LoneReducer));
                    break;
                case Filter.Epsilon:
                    algorithm.CutEpsilon(task, default(LoneReducer));
                    break;
                case Filter.Eta:
                    algorithm.CutEta(task, default(LoneReducer));
                    break;
                default:
                    throw new UnreachableException($"There is no filter {filter}.");
            }
        }
    }

    private static void Check(in SamplingFiltersArgs args)
    {
        ShapeCheck.AtLeast(args.Rows, 0, nameof(args.Rows));
        ShapeCheck.AtLeast(args.Vocabulary, 1, nameof(args.Vocabulary));
        ShapeCheck.AtLeast(args.TopK, 0, nameof(args.TopK));
        ShapeCheck.Within(args.LeastTokens, 1, 2, nameof(args.LeastTokens));
        ShapeCheck.Holds(args.Scores, (long)args.Rows * args.Vocabulary, nameof(args.Scores), "[rows, vocabulary]");
        ShapeCheck.Holds(args.Scratch, (long)args.Rows * args.Vocabulary, nameof(args.Scratch), "[rows, vocabulary]");
        if (!(args.Temperature > 0))
            throw new ArgumentException($"Temperature is {args.Temperature}; it must be above 0.", nameof(args));
        foreach (var (share, name) in new[] { (args.TopH, "TopH"), (args.TopP, "TopP"), (args.MinP, "MinP"), (args.TypicalP, "TypicalP"),
            (args.EpsilonCutoff, "EpsilonCutoff"), (args.EtaCutoff, "EtaCutoff") })
        {
            if (share is not (>= 0 and <= 1))
                throw new ArgumentException($"{name} is {share}; it must lie from 0 to 1.", nameof(args));
        }
    }
}
