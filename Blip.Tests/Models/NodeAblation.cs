using Blip.Runtime.Graph;

namespace Blip.Tests.Models;

/// <summary>Takes each node out of a graph in turn: where nothing changes, the node is not tested by anything either.</summary>
internal static class NodeAblation
{
    /// <param name="executor">Runs the graphs.</param>
    /// <param name="graph">An optimised graph.</param>
    /// <param name="sizes">Sizes of its symbols.</param>
    /// <param name="bind">Binds its inputs, and restores the memory that it writes.</param>
    public static void EveryNodeMatters(Executor executor, ComputeGraph graph, (string, int)[] sizes, Action<Plan> bind)
    {
        var whole = Run(graph, null);
        foreach (var node in graph.AllNodes)
        {
            var without = graph.With([.. graph.Nodes.Where(other => other != node)], [.. graph.Constants.Where(other => other != node)]);
            Assert.False(whole.AsSpan().SequenceEqual(Run(without, node)), $"nothing changes without {node.Operator} {node.Name}");
        }

        float[] Run(ComputeGraph changed, Node? missing)
        {
            using var plan = executor.Plan(changed, sizes);
            bind(plan);
            // The missing node's result is zero.
            var zeros = (missing?.Outputs ?? []).Except(changed.Outputs.Values)
                .Select(value => (value, executor.Device.Allocate<float>(plan.Length(value)))).ToList();
            foreach (var (value, buffer) in zeros)
                plan.Bind(value, buffer.View);
            plan.Run();
            zeros.ForEach(zero => zero.Item2.Dispose());
            return [.. changed.Outputs.Keys.SelectMany(plan.ReadOutput)];
        }
    }
}
