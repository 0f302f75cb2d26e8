using Blip.Kernels.Devices;

namespace Blip.Runtime.Graph.Passes;

/// <summary>Drops nodes whose results have no reader. The next run reads a written cache.</summary>
internal sealed class DeadNodeElimination : IGraphPass
{
    /// <inheritdoc/>
    public PassSet Flag => PassSet.DeadNodes;

    /// <inheritdoc/>
    public ComputeGraph Apply(ComputeGraph graph, KernelTarget target)
    {
        var read = graph.Outputs.Values.ToHashSet();
        return graph.With(Live(graph.Nodes), Live(graph.Constants));

        List<Node> Live(IReadOnlyList<Node> nodes)
        {
            var live = new List<Node>();
            foreach (var node in nodes.Reverse())
            {
                if (!node.Writes.Any() && !node.Outputs.Any(read.Contains))
                    continue;
                read.UnionWith(node.Inputs);
                live.Add(node);
            }
            live.Reverse();
            return live;
        }
    }
}
