using Blip.Kernels.Devices;
using Blip.Runtime.Graph.Passes;
using ILGPU;

namespace Blip.Runtime.Graph;

/// <summary>
/// Makes plans of graphs on one device. Its plans share one arena and run one after the other, so values that must outlive a run are
/// outputs.
/// </summary>
internal sealed class Executor(Device device, WeightStore weights, PassSet passes = PassSet.All) : IDisposable
{
    private DeviceBuffer<float>? arena;

    public Device Device => device;

    public WeightStore Weights => weights;

    public PassSet Passes => passes;

    internal int ArenaVersion { get; private set; }

    /// <summary>The graph after the passes.</summary>
    public ComputeGraph Optimize(ComputeGraph graph) => GraphPasses.Apply(graph, passes, KernelTarget.Of(device));

    /// <summary>Plans an optimised graph for these sizes of its symbols.</summary>
    public Plan Plan(ComputeGraph graph, params IEnumerable<(string Symbol, int Size)> sizes) =>
        new(graph, this, sizes.ToDictionary(entry => entry.Symbol, entry => entry.Size));

    internal ArrayView<float> Reserve(long length)
    {
        if (arena is null || arena.Length < length)
        {
            // Queued kernels may still use the memory that is freed next.
            device.Synchronize();
            arena?.Dispose();
            arena = device.Allocate<float>(Math.Max(length, 1));
            ArenaVersion++;
        }
        return arena.View;
    }

    /// <inheritdoc/>
    public void Dispose() => arena?.Dispose();
}
