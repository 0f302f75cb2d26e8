using Blip.Kernels.Devices;

namespace Blip.Runtime.Graph.Passes;

/// <summary>
/// Moves nodes that depend only on parameters out of the run: a plan computes them once, such as position embeddings for an image's size.
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
            // The caller may bind an output to another buffer for each run.
            var constant = !node.Writes.Any() && node.Inputs.All(input => input.Kind == ValueKind.Parameter || known.Contains(input))
                && !node.Outputs.Any(graph.Outputs.Values.Contains);
            (constant ? constants : rest).Add(node);
            if (constant)
                known.UnionWith(node.Outputs);
        }
        return graph.With(rest, constants);
    }
}
