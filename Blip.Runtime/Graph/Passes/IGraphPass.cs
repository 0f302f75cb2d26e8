using Blip.Kernels.Devices;

namespace Blip.Runtime.Graph.Passes;

/// <summary>A rewrite that keeps a graph's results.</summary>
internal interface IGraphPass
{
    /// <summary>The flag of this pass alone.</summary>
    PassSet Flag { get; }

    ComputeGraph Apply(ComputeGraph graph, KernelTarget target);
}
