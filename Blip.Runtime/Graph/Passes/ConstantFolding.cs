using Blip.Kernels.Devices;

namespace Blip.Runtime.Graph.Passes;

/// <summary>
/// Moves nodes that depend on nothing but parameters out of the run: a plan computes them once and keeps the result.
/// Position embeddings interpolated for an image's size are the case in point.
/// </summary>
internal sealed class ConstantFolding : IGraphPass
{
    /// <inheritdoc/>
    public PassSet Flag => PassSet.Constants;

    /// <inheritdoc/>
    public ComputeGraph Apply(ComputeGraph graph, KernelTarget target)
    {
        var known = graph.Constants.SelectMany(node => node.Outputs).ToHashSet();
        var constants = graph.Constants.ToList();
        var rest = new List<Node>();
        foreach (var node in graph.Nodes)
        {
            // An output belongs to the caller, who may bind another buffer for each run.
            var constant = !node.Writes.Any() && node.Inputs.All(input => input.Kind == ValueKind.Parameter || known.Contains(input))
                && !node.Outputs.Any(graph.Outputs.Values.Contains);
            (constant ? constants : rest).Add(node);
            if (constant)
                known.UnionWith(node.Outputs);
        }
        return graph.With(rest, constants);
    }
}
