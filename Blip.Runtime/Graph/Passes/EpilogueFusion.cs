using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Graph.Nodes;

namespace Blip.Runtime.Graph.Passes;

/// <summary>
/// Puts an activation, a residual sum or a layer norm after a Linear into its epilogue. The first two work in registers and save a kernel
/// and a trip through memory. The norm works in place, and on CUDA in the same kernel for few rows.
/// </summary>
internal sealed class EpilogueFusion : IGraphPass
{
    /// <inheritdoc/>
    public PassSet Flag => PassSet.Epilogues;

    /// <inheritdoc/>
    public ComputeGraph Apply(ComputeGraph graph, KernelTarget target)
    {
        var readers = graph.AllNodes.SelectMany(node => node.Inputs).Concat(graph.Outputs.Values).CountBy(value => value).ToDictionary();
        var linears = new Dictionary<Value, LinearNode>();
        var fused = new HashSet<Node>(ReferenceEqualityComparer.Instance);
        var nodes = new List<Node>();
        foreach (var recorded in graph.Nodes)
        {
            var node = Fuse(recorded, value => readers[value] == 1 ? linears.GetValueOrDefault(value) : null, fused) ?? recorded;
            if (node is LinearNode linear)
                linears[linear.Output] = linear;
            nodes.Add(node);
        }
        return graph.With([.. nodes.Where(node => !fused.Contains(node))]);
    }

    /// <summary>
    /// <paramref name="producer"/> finds the Linear of a value with one reader. <paramref name="fused"/> gets the replaced Linear.
    /// </summary>
    private static LinearNode? Fuse(Node node, Func<Value, LinearNode?> producer, HashSet<Node> fused)
    {
        switch (node)
        {
            case ActivationNode activation
                when producer(activation.X) is { Activation: Activation.None, Residual: null, Norm: null } linear:
                fused.Add(linear);
                return linear with { Activation = activation.Activation, Output = activation.Output };
            case AddNode add when producer(add.A) is { Residual: null, Norm: null } linear:
                fused.Add(linear);
                return linear with { Residual = add.B, Output = add.Output };
            case AddNode add when producer(add.B) is { Residual: null, Norm: null } linear:
                fused.Add(linear);
                return linear with { Residual = add.A, Output = add.Output };
            case LayerNormNode norm when producer(norm.X) is { Norm: null } linear:
                fused.Add(linear);
                return linear with { Norm = new RowNorm(norm.Gamma, norm.Beta, norm.Epsilon), Output = norm.Output };
            default:
                return null;
        }
    }
}
