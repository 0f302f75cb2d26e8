using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Graph.Passes;

namespace Blip.Runtime.Graph;

/// <summary>
/// A node's cost in a run: floating-point operations (a multiply-add counts as two), the least bytes moved, and kernels on a GPU.
/// </summary>
internal sealed record NodeCost(Node Node, long Flops, NodeBytes Bytes, int Kernels);

/// <summary>
/// The cost of one run of a graph on any device: operations, and bytes moved if every node reads and writes memory. Constants run once per
/// plan and are not counted.
/// </summary>
internal sealed record GraphCost(string Graph, IReadOnlyList<NodeCost> Nodes)
{
    public long Flops => Nodes.Sum(node => node.Flops);

    public long WeightBytes => Nodes.Sum(node => node.Bytes.Weights);

    /// <summary>Bytes of inputs, caches, results, and values between nodes.</summary>
    public long ValueBytes => Nodes.Sum(node => node.Bytes.Values);

    /// <summary>Kernels on a GPU.</summary>
    public int Kernels => Nodes.Sum(node => node.Kernels);

    /// <summary>Counts the cost of a graph after its passes.</summary>
    /// <exception cref="ArgumentException">A symbol has no size.</exception>
    public static GraphCost Of(
        ComputeGraph graph, Func<Matrix, DType> format, KernelTarget target, params IEnumerable<(string Symbol, int Size)> sizes)
    {
        var resolved = new GraphSizes(graph, sizes.ToDictionary(entry => entry.Symbol, entry => entry.Size), target, format);
        ValueStorage.Choose(graph, resolved);
        return new GraphCost(graph.Name,
            [.. graph.Nodes.Select(node =>
            new NodeCost(node, node.Flops(resolved), node.Bytes(resolved, Stored), node.Kernels(resolved)))]);

        long Stored(Matrix matrix) => PackedWeights.BytesOf(matrix.OutFeatures, matrix.InFeatures, format(matrix));
    }
}
