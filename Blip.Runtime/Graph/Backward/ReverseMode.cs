using Blip.Kernels;
using Blip.Runtime.Graph.Nodes;

namespace Blip.Runtime.Graph.Backward;

/// <summary>
/// Reverse mode over a graph that is being recorded: from the last node to the first, each hands the gradient of its output on to its inputs,
/// by one more node. A gradient is followed to values alone that depend on a wanted one, so that nothing else is computed. One rule for each
/// kind of node that the text side is made of; a node without a rule is refused where a gradient would have to go through it.
/// </summary>
internal sealed class ReverseMode
{
    private readonly GraphBuilder g;
    private readonly IReadOnlyList<Node> recorded;
    private readonly HashSet<Value> wanted, affected;
    private readonly Dictionary<Value, Value> gradients = [];

    private ReverseMode(GraphBuilder g, IReadOnlyList<Value> wanted)
    {
        this.g = g;
        recorded = [.. g.Nodes];
        (this.wanted, affected) = ([.. wanted], [.. wanted]);
        foreach (var node in recorded)
        {
            // An attention's output depends on its softmax weights, although the node makes both.
            var weights = node is AttentionNode { Probabilities: { } seen } && this.wanted.Contains(seen);
            if (weights || node.Inputs.Any(affected.Contains))
                affected.UnionWith(node.Outputs);
        }
    }

    /// <inheritdoc cref="GraphBuilder.Gradients"/>
    public static IReadOnlyList<Value> Record(GraphBuilder g, Value of, Value seed, IReadOnlyList<Value> wanted)
    {
        if (!seed.Shape.Equals(of.Shape))
            throw new ArgumentException($"The gradient of {of} has another shape: {seed}.", nameof(seed));
        var run = new ReverseMode(g, wanted);
        run.gradients.Add(of, seed);
        foreach (var node in run.recorded.OfType<ComputeNode>().Reverse())
        {
            if (run.affected.Contains(node.Output) && run.gradients.TryGetValue(node.Output, out var gradient))
                run.Record(node, gradient);
        }
        return [.. wanted.Select(value => run.gradients.GetValueOrDefault(value) ?? throw new ArgumentException($"{of} does not depend on {value}.", nameof(wanted)))];
    }

    private void Record(ComputeNode node, Value dy)
    {
        switch (node)
        {
            case AddNode add:
                Give(add.A, () => dy);
                Give(add.B, () => dy);
                break;
            case LinearNode { Activation: Activation.None, Residual: null } linear:
                Give(linear.X, () => g.Add(new LinearBackwardNode(Name(node), linear.Weight, dy, Like(node, linear.X))));
                break;
            case ActivationNode activation:
                Give(activation.X, () => g.Add(new ActivationBackwardNode(Name(node), activation.X, activation.Activation, dy, Like(node, activation.X))));
                break;
            case LayerNormNode norm:
                Give(norm.X, () => g.Add(new LayerNormBackwardNode(Name(node), norm.X, norm.Gamma, norm.Epsilon, dy, Like(node, norm.X))));
                break;
            case SelectTokenNode select:
                Give(select.X, () => g.Add(new SelectTokenBackwardNode(Name(node), select.Lengths, dy, Like(node, select.X))));
                break;
            case AttentionNode attention:
                Record(attention, dy);
                break;
            default:
                throw new ArgumentException($"{node.Name}: {node.Operator} has no gradient.");
        }
    }

    private void Record(AttentionNode node, Value dy)
    {
        var spec = node.Spec;
        var seen = node.Probabilities ?? throw new ArgumentException($"{node.Name}: an attention has a gradient where it shows its softmax weights.");
        // Queries, keys and values may be columns of one value, whose gradient is one value, too.
        var sources = new[] { spec.Query, spec.Key, spec.Value }.GroupBy(columns => columns.Value).Where(source => affected.Contains(source.Key)).ToDictionary(
            source => source.Key,
            source => source.Sum(columns => columns.Width) == source.Key.Shape.Width ? Like(node, source.Key)
                : throw new ArgumentException($"{node.Name}: there are columns of {source.Key} that it does not read, and their gradient is not known."));
        var weights = wanted.Contains(seen) ? Like(node, seen) : null;
        g.Add(new AttentionBackwardNode(Name(node), node, dy, Of(spec.Query), Of(spec.Key), Of(spec.Value), weights));
        foreach (var (source, gradient) in sources)
            Give(source, () => gradient);
        if (weights is not null)
            gradients.Add(seen, weights);

        Value? Of(Columns columns) => sources.GetValueOrDefault(columns.Value);
    }

    // A value that several nodes read gets the sum of what they say.
    private void Give(Value value, Func<Value> record)
    {
        if (!affected.Contains(value))
            return;
        var gradient = record();
        gradients[value] = gradients.TryGetValue(value, out var before) ? g.Add(before, gradient, new ModulePath(value.Name) / "gradient") : gradient;
    }

    private Value Like(Node node, Value value) => g.NewComputed(new ModulePath(value == (node as AttentionNode)?.Probabilities ? value.Name : node.Name) / "gradient", value.Shape);

    private static string Name(Node node) => (new ModulePath(node.Name) / "gradient").Path;
}
