using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Graph.Passes;

namespace Blip.Runtime.Graph;

/// <summary>The cost of one node in a run.</summary>
/// <param name="Node">The node.</param>
/// <param name="Flops">Floating-point operations; a multiply-add counts as two.</param>
/// <param name="Bytes">Bytes that it moves at least.</param>
/// <param name="Kernels">Kernels that a GPU is given.</param>
internal sealed record NodeCost(Node Node, long Flops, NodeBytes Bytes, int Kernels);

/// <summary>The cost of one run of a graph on any device: operations, and bytes that go through its memory where every node reads and writes there.</summary>
/// <param name="Graph">The graph's name.</param>
/// <param name="Nodes">The cost of each node; constants, which run once per plan, are not among them.</param>
internal sealed record GraphCost(string Graph, IReadOnlyList<NodeCost> Nodes)
{
    /// <summary>Floating-point operations.</summary>
    public long Flops => Nodes.Sum(node => node.Flops);

    /// <summary>Bytes of weights.</summary>
    public long WeightBytes => Nodes.Sum(node => node.Bytes.Weights);

    /// <summary>Bytes of inputs, caches, results, and values between nodes.</summary>
    public long ValueBytes => Nodes.Sum(node => node.Bytes.Values);

    /// <summary>Kernels that a GPU is given.</summary>
    public int Kernels => Nodes.Sum(node => node.Kernels);

    /// <summary>Counts a graph's cost.</summary>
    /// <param name="graph">The graph, after its passes.</param>
    /// <param name="format">How a matrix is kept.</param>
    /// <param name="target">Which kernels run it.</param>
    /// <param name="sizes">The sizes of its symbols.</param>
    /// <exception cref="ArgumentException">A symbol has no size.</exception>
    public static GraphCost Of(ComputeGraph graph, Func<Matrix, DType> format, KernelTarget target, params IEnumerable<(string Symbol, int Size)> sizes)
    {
        var resolved = new GraphSizes(graph, sizes.ToDictionary(entry => entry.Symbol, entry => entry.Size), target, format);
        ValueStorage.Choose(graph, resolved);
        return new GraphCost(graph.Name, [.. graph.Nodes.Select(node => new NodeCost(node, node.Flops(resolved), node.Bytes(resolved, Stored), node.Kernels(resolved)))]);

        long Stored(Matrix matrix) => PackedWeights.BytesOf(matrix.OutFeatures, matrix.InFeatures, format(matrix));
    }
}
