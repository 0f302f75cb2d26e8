using Blip.Kernels;

namespace Blip.Runtime.Graph.Passes;

/// <summary>
/// Stores values in 16 bits where every reader would round them to that format and the node can store it: the same bits, half the traffic.
/// These are inputs of products on tensor cores. Residual sums, caches and the caller's values stay as they are.
/// </summary>
internal static class ValueStorage
{
    /// <summary>Chooses a format for each value between nodes, and stores it in <paramref name="sizes"/>.</summary>
    public static void Choose(ComputeGraph graph, GraphSizes sizes)
    {
        var readers = graph.Nodes.SelectMany(node => node.Inputs.Distinct(), (node, input) => (node, input))
            .ToLookup(pair => pair.input, pair => pair.node);
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
