using Blip.Kernels.Devices;

namespace Blip.Runtime.Graph.Passes;

/// <summary>A rewrite that keeps a graph's results.</summary>
internal interface IGraphPass
{
    /// <summary>The flag that asks for it; its own.</summary>
    PassSet Flag { get; }

    /// <summary>Rewrites.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="target">Which kernels will run it.</param>
    ComputeGraph Apply(ComputeGraph graph, KernelTarget target);
}
