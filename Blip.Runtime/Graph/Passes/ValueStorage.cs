using Blip.Kernels;

namespace Blip.Runtime.Graph.Passes;

/// <summary>
/// Stores values in 16 bits where every reader would round them to that format anyway and the node can store it: the same bits come out, and half as many
/// are written and read. Those are the inputs of products on tensor cores; sums that live on (residuals), caches and the caller's values stay as they are.
/// </summary>
internal static class ValueStorage
{
    /// <summary>Chooses a format for each value between nodes.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="sizes">Its sizes and target; they are told of each value that is stored in 16 bits.</param>
    public static void Choose(ComputeGraph graph, GraphSizes sizes)
    {
        var readers = graph.Nodes.SelectMany(node => node.Inputs.Distinct(), (node, input) => (node, input)).ToLookup(pair => pair.input, pair => pair.node);
        foreach (var maker in graph.Nodes)
        {
            foreach (var value in maker.Outputs.Except(graph.Outputs.Values))
            {
                var formats = readers[value].Select(reader => reader.InputFormat(value, sizes)).Distinct().ToList();
                if (formats is [{ } format] && maker.CanStore(value, format, sizes))
                    sizes.Store(value, format);
            }
        }
    }
}
