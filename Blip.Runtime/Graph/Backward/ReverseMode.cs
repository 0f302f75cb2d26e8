using Blip.Kernels;
using Blip.Runtime.Graph.Nodes;

namespace Blip.Runtime.Graph.Backward;

/// <summary>
/// Reverse mode over a graph being recorded (Baydin et al. 2018, section 3.2). From last to first, each node hands its output's gradient to
/// its inputs and adds to its parameters', by further nodes. Only wanted gradients are followed. Each kind of node has one rule; a gradient
/// through a node without a rule is refused.
/// </summary>
internal sealed class ReverseMode
{
    private readonly GraphBuilder g;
    private readonly IReadOnlyList<Node> recorded;
    private readonly HashSet<Value> wanted, affected;
    private readonly ParameterGradients? parameters;
    private readonly Recomputation recomputation;
    private readonly Dictionary<Value, Value> gradients = [];

    private ReverseMode(
        GraphBuilder g, IReadOnlyList<Value> wanted, ParameterGradients? parameters, IReadOnlyList<ModulePath> checkpoints)
    {
        this.g = g;
        this.parameters = parameters;
        recorded = [.. g.Nodes];
        recomputation = new Recomputation(g, recorded, checkpoints);
        (this.wanted, affected) = ([.. wanted], [.. wanted]);
        foreach (var node in recorded)
        {
            // An attention's output depends on its softmax weights, although the node makes both.
            var weights = node is AttentionNode { Probabilities: { } seen } && this.wanted.Contains(seen);
            if (weights || node.Inputs.Any(affected.Contains) || parameters?.AreWanted(node) == true)
                affected.UnionWith(node.Outputs);
        }
    }

    // Explanations have no loss that could be scaled, and stay in single precision.
    private DType Precision => parameters?.Precision ?? DType.Float32;

    /// <summary>
    /// Records the gradients of a loss and returns those of <paramref name="wanted"/>. Each seed is a value that the loss is made of, with
    /// its gradient. Values of the modules in <paramref name="checkpoints"/> are computed again.
    /// </summary>
    public static IReadOnlyList<Value> Record(
        GraphBuilder g, IReadOnlyList<(Value Of, Value Seed)> seeds, IReadOnlyList<Value> wanted, ParameterGradients? parameters,
        IReadOnlyList<ModulePath>? checkpoints = null)
    {
        var run = new ReverseMode(g, wanted, parameters, checkpoints ?? []);
        foreach (var (of, seed) in seeds)
        {
            if (!seed.Shape.Equals(of.Shape))
                throw new ArgumentException($"The gradient of {of} has another shape: {seed}.", nameof(seeds));
            run.Give(of, () => seed);
        }
        foreach (var node in run.recorded.OfType<ComputeNode>().Reverse())
        {
            if (run.affected.Contains(node.Output) && run.gradients.TryGetValue(node.Output, out var gradient))
                run.Record(node, gradient);
        }
        return [.. wanted.Select(value => run.gradients.GetValueOrDefault(value)
            ?? throw new ArgumentException(
                $"{string.Join(", ", seeds.Select(seed => seed.Of))} does not depend on {value}.", nameof(wanted)))];
    }

    private void Record(ComputeNode node, Value dy)
    {
        recomputation.Reach(node);
        switch (node)
        {
            case AddNode add:
                Give(add.A, () => dy);
                Give(add.B, () => dy);
                break;
            case ConcatenateNode both:
                Give(both.A, () => g.Add(new SelectColumnsNode(Name(node), dy, 0, Like(node, both.A))));
                Give(both.B, () => g.Add(new SelectColumnsNode(Name(node), dy, both.A.Shape.Width, Like(node, both.B))));
                break;
            case LinearNode { Activation: Activation.None, Residual: null, Norm: null } linear:
                Record(linear, dy);
                break;
            case ActivationNode activation:
                Give(activation.X, () =>
                    g.Add(new ActivationBackwardNode(Name(node), Now(activation.X), activation.Activation, dy, Like(node, activation.X))));
                break;
            case LayerNormNode norm:
                Record(norm, dy);
                break;
            case L2NormalizeNode norm:
                Give(norm.X, () => g.Add(new L2NormalizeBackwardNode(Name(node), Now(norm.X), dy, Like(node, norm.X))));
                break;
            case LogSoftmaxNode softmax:
                Give(softmax.X, () => g.Add(new LogSoftmaxBackwardNode(Name(node), Now(softmax.Output), dy, Like(node, softmax.X))));
                break;
            case PickNode pick:
                Give(pick.X, () => g.Add(new PickBackwardNode(Name(node), pick.Index, dy, Like(node, pick.X))));
                break;
            case DropoutNode dropout:
                Give(dropout.X, () => g.Add(dropout with { Name = Name(node), X = dy, Output = Like(node, dropout.X) }));
                break;
            case SelectTokenNode select:
                Give(select.X, () => g.Add(new SelectTokenBackwardNode(Name(node), select.Lengths, dy, Like(node, select.X))));
                break;
            case TokenEmbeddingNode embedding:
                if (parameters?.OfEmbedding(embedding.Words) is { } words && parameters.Of(embedding.Positions) is { } places)
                    g.Add(new TokenEmbeddingBackwardNode(Name(node), embedding.Ids, embedding.Start, dy, words, places));
                break;
            case AssembleTokensNode assemble:
                Record(assemble, dy);
                break;
            case PositionInterpolationNode resized:
                GiveTo(resized.Positions, buffer =>
                    new PositionInterpolationBackwardNode(Name(node), resized.From, resized.To, dy, buffer));
                break;
            case AttentionNode attention:
                Record(attention, dy);
                break;
            default:
                throw new ArgumentException($"{node.Name}: {node.Operator} has no gradient.");
        }
    }

    private void Record(LinearNode node, Value dy)
    {
        if (parameters is not null && (parameters.OfLinear(node.Weight), parameters.Of(node.Bias)) is var (weight, bias)
            && (weight ?? bias) is not null)
            g.Add(new LinearParameterBackwardNode(Name(node), Now(node.X), dy, weight, bias, Precision));
        Give(node.X, () => g.Add(new LinearBackwardNode(Name(node), node.Weight, dy, Precision, Like(node, node.X))));
    }

    private void Record(LayerNormNode node, Value dy)
    {
        if (parameters is not null && parameters.Of(node.Gamma) is { } gamma && parameters.Of(node.Beta) is { } beta)
            g.Add(new LayerNormParameterBackwardNode(Name(node), Now(node.X), node.Epsilon, dy, gamma, beta));
        Give(node.X, () => g.Add(new LayerNormBackwardNode(Name(node), Now(node.X), node.Gamma, node.Epsilon, dy, Like(node, node.X))));
    }

    private void Record(AssembleTokensNode node, Value dy)
    {
        var patches = affected.Contains(node.Patches) ? Like(node, node.Patches) : null;
        var positions = parameters?.Of(node.Positions);
        var computed = positions is null && affected.Contains(node.Positions);
        if (computed)
            positions = g.Zeros(node.Positions.Shape, new ModulePath(Name(node)) / "positions");
        g.Add(new AssembleTokensBackwardNode(Name(node), dy, patches, parameters?.Of(node.ClassToken), positions));
        if (patches is not null)
            Give(node.Patches, () => patches);
        if (computed)
            Give(node.Positions, () => positions!);
    }

    private void Record(AttentionNode node, Value dy)
    {
        var spec = node.Spec;
        // Queries, keys and values may be columns of one value, which has one gradient.
        var sources = new[] { spec.Query, spec.Key, spec.Value }.GroupBy(columns => columns.Value)
            .Where(source => affected.Contains(source.Key)).ToDictionary(
            source => source.Key,
            source => source.Sum(columns => columns.Width) == source.Key.Shape.Width ? Like(node, source.Key)
                : throw new ArgumentException(
                    $"{node.Name}: there are columns of {source.Key} that it does not read, and their gradient is not known."));
        var weights = node.Probabilities is { } seen && wanted.Contains(seen) ? Like(node, seen) : null;
        g.Add(new AttentionBackwardNode(Name(node), recomputation.Now(node), dy, Of(spec.Query), Of(spec.Key), Of(spec.Value), weights));
        foreach (var (source, gradient) in sources)
            Give(source, () => gradient);
        if (weights is not null)
            gradients.Add(node.Probabilities!, weights);

        Value? Of(Columns columns) => sources.GetValueOrDefault(columns.Value);
    }

    // A value with several readers gets the sum of their gradients.
    private void Give(Value value, Func<Value> record)
    {
        if (!affected.Contains(value))
            return;
        var gradient = record();
        gradients[value] = gradients.TryGetValue(value, out var before)
            ? g.Add(before, gradient, new ModulePath(value.Name) / "gradient")
            : gradient;
    }

    // A node adds to a parameter's gradient.
    private void GiveTo(Value parameter, Func<Value, Node> record)
    {
        if (parameters?.Of(parameter) is { } buffer)
            g.Add(record(buffer));
    }

    private Value Now(Value value) => recomputation.Now(value);

    private Value Like(Node node, Value value) =>
        g.NewComputed(new ModulePath(value == (node as AttentionNode)?.Probabilities ? value.Name : node.Name) / "gradient", value.Shape);

    private static string Name(Node node) => (new ModulePath(node.Name) / "gradient").Path;
}
