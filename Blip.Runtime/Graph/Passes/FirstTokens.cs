using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Graph.Nodes;

namespace Blip.Runtime.Graph.Passes;

/// <summary>
/// Where only each row's first token is read, as by the heads of ITC and ITM (Li et al. 2022, section 3.2), the token-wise nodes before it
/// compute only that token, back to the last attention's keys and values. A row has the same bits alone and among others.
/// </summary>
internal sealed class FirstTokens : IGraphPass
{
    /// <inheritdoc/>
    public PassSet Flag => PassSet.FirstTokens;

    /// <inheritdoc/>
    public ComputeGraph Apply(ComputeGraph graph, KernelTarget target)
    {
        var wanted = Wanted(graph, target);
        if (wanted.Count == 0)
            return graph;
        List<Value> values = [.. graph.Values];
        List<Node> nodes = [];
        var first = new Dictionary<Value, Value>();
        foreach (var node in graph.Nodes)
        {
            if (node is ComputeNode { Output: var output } && wanted.Contains(output))
            {
                var inputs = Tokens(node).ToDictionary(input => input, First);
                nodes.Add(Over(node, input => inputs[input], first[output] = New(output.Name, output)));
            }
            else if (node is SelectTokenNode select && first.TryGetValue(select.X, out var token))
            {
                nodes.Add(select with { X = token });
            }
            else
            {
                nodes.Add(node);
            }
        }
        return graph.With(nodes, values: values);

        Value First(Value tokens)
        {
            if (!first.TryGetValue(tokens, out var token))
            {
                first.Add(tokens, token = New($"{tokens.Name}.first", tokens));
                nodes.Add(new SelectTokenNode(token.Name, tokens, null, token));
            }
            return token;
        }

        Value New(string name, Value of)
        {
            var value = new Value(values.Count, name, new Shape(of.Shape[0], 1, of.Shape[2]), ValueKind.Computed);
            values.Add(value);
            return value;
        }
    }

    // Values of which at most each row's first token is read.
    private static HashSet<Value> Wanted(ComputeGraph graph, KernelTarget target)
    {
        var readers = graph.AllNodes.SelectMany(node => node.Inputs.Distinct(), (node, input) => (node, input))
            .ToLookup(pair => pair.input, pair => pair.node);
        var outputs = graph.Outputs.Values.ToHashSet();
        var wanted = new HashSet<Value>();
        foreach (var node in graph.Nodes.Reverse())
        {
            if (node is ComputeNode { Output: var output } && IsByToken(node, target) && HasTokens(output) && !outputs.Contains(output)
                && readers[output].Any() && readers[output].All(reader => ReadsFirst(reader, output)))
                wanted.Add(output);
        }
        return wanted;

        bool ReadsFirst(Node reader, Value value) => reader is SelectTokenNode { Lengths: null }
            || (reader is ComputeNode { Output: var result } && wanted.Contains(result) && Tokens(reader).Contains(value)
                && !KeysValues(reader).Contains(value));
    }

    // A single token leaves nothing to omit.
    private static bool HasTokens(Value value) => value.Shape.Dims.Count == 3 && value.Shape[1] != 1;

    private static bool IsByToken(Node node, KernelTarget target) => node switch
    {
        LinearNode or AddNode or ActivationNode or LayerNormNode => true,
        AttentionNode { Spec.Causal: false, Probabilities: null } => Attention.IsBatchInvariant(target),
        _ => false,
    };

    // Inputs that are read token by token.
    private static IEnumerable<Value> Tokens(Node node) => node switch
    {
        LinearNode linear => new[] { linear.X, linear.Residual }.OfType<Value>().Distinct(),
        AddNode add => new[] { add.A, add.B }.Distinct(),
        ActivationNode activation => [activation.X],
        LayerNormNode norm => [norm.X],
        AttentionNode attention => [attention.Spec.Query.Value],
        _ => throw new ArgumentException($"{node.Operator} does not work token by token.", nameof(node)),
    };

    private static IEnumerable<Value> KeysValues(Node node) =>
        node is AttentionNode { Spec: var spec } ? [spec.Key.Value, spec.Value.Value] : [];

    // The same operation over other tokens.
    private static ComputeNode Over(Node node, Func<Value, Value> tokens, Value output) => node switch
    {
        LinearNode linear => linear with
        {
            X = tokens(linear.X),
            Residual = linear.Residual is { } residual ? tokens(residual) : null,
            Output = output,
        },
        AddNode add => add with { A = tokens(add.A), B = tokens(add.B), Output = output },
        ActivationNode activation => activation with { X = tokens(activation.X), Output = output },
        LayerNormNode norm => norm with { X = tokens(norm.X), Output = output },
        AttentionNode { Spec: var spec } attention => attention with
        {
            Spec = spec with { Query = spec.Query with { Value = tokens(spec.Query.Value) } },
            Output = output,
        },
        _ => throw new ArgumentException($"{node.Operator} does not work token by token.", nameof(node)),
    };
}
