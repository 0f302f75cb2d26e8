using Blip.Kernels;
using Blip.Runtime.Graph.Backward;
using Blip.Runtime.Graph.Nodes;

namespace Blip.Runtime.Graph;

/// <summary>
/// Records a graph. It infers shapes and refuses mismatches, so that an error names the module and not a kernel. Modules may share a
/// tensor: <paramref name="shared"/> maps their keys to the shared tensor's key; null if none is shared.
/// </summary>
internal sealed class GraphBuilder(string name, Func<string, string>? shared = null)
{
    private readonly List<Node> nodes = [];
    private readonly List<Value> values = [];
    private readonly Dictionary<string, Value> parameters = [];
    private readonly Dictionary<string, Value> outputs = [];

    /// <summary>A value that the caller binds before a run.</summary>
    /// <exception cref="ArgumentException">Its elements are neither <see cref="DType.Float32"/> nor <see cref="DType.Int32"/>.</exception>
    public Value Input(string name, Shape shape, DType type = DType.Float32) => type is DType.Float32 or DType.Int32
        ? NewValue(name, shape, ValueKind.Input, type)
        : throw new ArgumentException($"The input '{name}' is of {type}: give Float32 or Int32.", nameof(type));

    /// <summary>A tensor of the checkpoint that is read without packing.</summary>
    public Value Parameter(ModulePath key, Shape shape)
    {
        key = new ModulePath(Key(key.Path));
        if (!parameters.TryGetValue(key.Path, out var value))
            parameters.Add(key.Path, value = NewValue(key.Path, shape, ValueKind.Parameter));
        return value.Shape.Equals(shape) ? value : throw Mismatch(key, $"is {value.Shape} and {shape}");
    }

    /// <summary>Gives a value to the caller under a name.</summary>
    public void Output(string name, Value value) => outputs.Add(name, value);

    public ComputeGraph Build() => new(name, [.. nodes], [.. values], new Dictionary<string, Value>(outputs));

    /// <summary>x·Wᵀ + b over the last dimension: <c>[…, in]</c> → <c>[…, out]</c>.</summary>
    public Value Linear(Value x, ModulePath module, int outFeatures) => Linear(x, [module], [outFeatures]);

    /// <summary>Several Linear modules over the same input, their outputs side by side.</summary>
    public Value Linear(Value x, IReadOnlyList<ModulePath> modules, IReadOnlyList<int> outFeatures) => Linear(
        x,
        Stacked(modules),
        new Matrix([.. modules.Select(module => (module / "weight").Path)], outFeatures.Sum(), x.Shape.Width),
        new Vector([.. modules.Select(module => (module / "bias").Path)], outFeatures.Sum()));

    /// <summary>A Linear whose weight and bias have other names than the module, such as the tied head.</summary>
    public Value Linear(Value x, ModulePath name, Matrix weight, Vector? bias)
    {
        if (weight.InFeatures != x.Shape.Width)
            throw Mismatch(name, $"takes {weight.InFeatures} features, its input {x} has {x.Shape.Width}");
        return Add(new LinearNode(
            name.Path, x, Shared(weight), Shared(bias), Activation.None, null, NewComputed(name, x.Shape.WithWidth(weight.OutFeatures))));
    }

    public Value Activate(Value x, ModulePath name, Activation activation) =>
        activation == Activation.None ? x : Add(new ActivationNode(name.Path, x, activation, NewComputed(name, x.Shape)));

    /// <summary>a + b, element by element.</summary>
    public Value Add(Value a, Value b, ModulePath name)
    {
        if (!a.Shape.Equals(b.Shape))
            throw Mismatch(name, $"adds {a} and {b}");
        return Add(new AddNode(name.Path, a, b, NewComputed(name, a.Shape)));
    }

    /// <summary>Two values side by side: <c>[…, a]</c> and <c>[…, b]</c> → <c>[…, a + b]</c>.</summary>
    public Value Concatenate(Value a, Value b, ModulePath name)
    {
        var output = a.Shape.WithWidth(a.Shape.Width + b.Shape.Width);
        if (!output.Equals(b.Shape.WithWidth(output.Width)))
            throw Mismatch(name, $"puts {a} beside {b}");
        return Add(new ConcatenateNode(name.Path, a, b, NewComputed(name, output)));
    }

    /// <summary>Layer normalisation over the last dimension.</summary>
    public Value LayerNorm(Value x, ModulePath module, double epsilon)
    {
        var width = new Shape(x.Shape.Width);
        return Add(new LayerNormNode(
            module.Path, x, Parameter(module / "weight", width), Parameter(module / "bias", width), (float)epsilon,
                NewComputed(module, x.Shape)));
    }

    /// <summary>Each row of the last dimension scaled to length one.</summary>
    public Value L2Normalize(Value x, ModulePath name) => Add(new L2NormalizeNode(name.Path, x, NewComputed(name, x.Shape)));

    /// <summary>The logarithm of the softmax over the last dimension.</summary>
    public Value LogSoftmax(Value x, ModulePath name) => Add(new LogSoftmaxNode(name.Path, x, NewComputed(name, x.Shape)));

    /// <summary>One element of each row: <c>[…, width]</c> at <c>[…]</c> → <c>[…]</c>.</summary>
    public Value Pick(Value x, Value index, ModulePath name)
    {
        if (!x.Shape.Equals(new Shape([.. index.Shape.Dims, x.Shape[-1]])))
            throw Mismatch(name, $"picks from {x} at {index}");
        return Add(new PickNode(name.Path, x, index, NewComputed(name, index.Shape)));
    }

    /// <summary>Cuts images <c>[batch, 3, height, width]</c> into patches <c>[batch, patches, 3·patch·patch]</c>.</summary>
    public Value Patchify(Value pixels, int patch, ModulePath name)
    {
        var (channels, height, width) = (pixels.Shape[1].Size, pixels.Shape[2].Size, pixels.Shape[3].Size);
        if (height < patch || width < patch)
            throw Mismatch(name, $"cuts patches of {patch} pixels from an image of {width}×{height}");
        var patches = height / patch * (width / patch);
        return Add(new PatchifyNode(
            name.Path, pixels, patch, NewComputed(name, new Shape(pixels.Shape[0], patches, channels * patch * patch))));
    }

    /// <summary><c>[batch, patches, hidden]</c> → <c>[batch, 1 + patches, hidden]</c>; see <see cref="AssembleTokensNode"/>.</summary>
    public Value AssembleTokens(Value patches, Value classToken, Value positions, ModulePath name)
    {
        var tokens = patches.Shape[1].Size + 1;
        if (positions.Shape[-2].Size != tokens)
            throw Mismatch(name, $"has {positions.Shape[-2]} positions for {tokens} tokens");
        return Add(new AssembleTokensNode(
            name.Path, patches, classToken, positions, NewComputed(name, new Shape(patches.Shape[0], tokens, patches.Shape.Width))));
    }

    /// <summary>Resizes the grid of position embeddings and copies the class position.</summary>
    public Value InterpolatePositions(Value positions, (int Height, int Width) from, (int Height, int Width) to, ModulePath name) =>
        Add(new PositionInterpolationNode(
            name.Path, positions, from, to, NewComputed(name, new Shape(1, 1 + (to.Height * to.Width), positions.Shape.Width))));

    /// <summary>
    /// <c>[rows, tokens]</c> → <c>[rows, tokens, hidden]</c>; see <see cref="TokenEmbeddingNode"/>. Words are a matrix, so that a tied head
    /// shares them.
    /// </summary>
    public Value EmbedTokens(Value ids, Matrix words, Value positions, Value? start, ModulePath name) =>
        Add(new TokenEmbeddingNode(
            name.Path, ids, Shared(words), positions, start, NewComputed(name, new Shape(ids.Shape[0], ids.Shape[1], words.InFeatures))));

    /// <summary>See <see cref="AttentionNode"/>.</summary>
    public Value Attention(AttentionSpec spec, ModulePath name, bool showProbabilities = false)
    {
        var query = spec.Query;
        if (query.Width % spec.Heads != 0 || spec.Key.Width != query.Width || spec.Value.Width != query.Width)
            throw Mismatch(name, $"attends with {spec.Heads} heads from {query.Width} columns to {spec.Key.Width} and {spec.Value.Width}");
        spec = spec with { Projection = nodes.OfType<LinearNode>().FirstOrDefault(node => node.Output == query.Value)?.Weight };
        var rows = query.Value.Shape[0];
        var tokens = query.Value.Shape[1];
        var seen = showProbabilities
            ? NewComputed(name / "probabilities", new Shape(rows, spec.Heads, tokens, spec.Key.Value.Shape[1]))
            : null;
        var node = new AttentionNode(name.Path, spec, NewComputed(name, new Shape(rows, tokens, query.Width)), seen);
        if (seen is not null)
            Output(seen.Name, seen);
        return Add(node);
    }

    /// <summary>See <see cref="AppendCacheNode"/>.</summary>
    public void AppendCache(Columns key, Columns value, Value keyCache, Value valueCache, Value start, Value? cacheRow, ModulePath name) =>
        nodes.Add(new AppendCacheNode(name.Path, key, value, keyCache, valueCache, start, cacheRow));

    /// <summary>
    /// One token of each row: the last by <paramref name="lengths"/> <c>[rows]</c>, or the first if that is null.
    /// <c>[rows, tokens, hidden]</c> → <c>[rows, hidden]</c>.
    /// </summary>
    public Value SelectToken(Value x, Value? lengths, ModulePath name) =>
        Add(new SelectTokenNode(name.Path, x, lengths, NewComputed(name, new Shape(x.Shape[0], x.Shape.Width))));

    /// <summary>
    /// The losses, and the gradient of their sum, which overwrites the logits; see <see cref="CrossEntropyNode"/>. Label smoothing is from
    /// 0 to below 1.
    /// </summary>
    public (Value Losses, Value Gradient) CrossEntropy(Value logits, Value labels, Value weights, double labelSmoothing, ModulePath name)
    {
        if (!logits.Shape.Equals(new Shape([.. labels.Shape.Dims, logits.Shape[-1]])) || !labels.Shape.Equals(weights.Shape))
            throw Mismatch(name, $"compares {logits} with {labels}, weighted by {weights}");
        var losses = NewComputed(name / "losses", labels.Shape);
        var gradient = NewComputed(name / "gradient", logits.Shape);
        return (losses, Add(new CrossEntropyNode(name.Path, logits, labels, weights, (float)labelSmoothing, losses, gradient)));
    }

    /// <summary>Zeros, for nodes that add to them.</summary>
    internal Value Zeros(Shape shape, ModulePath name) => Add(new ZerosNode(name.Path, NewComputed(name, shape)));

    /// <summary>
    /// Records the gradients of a value with respect to <paramref name="wanted"/>, from the nodes recorded so far (reverse mode: Baydin et
    /// al. 2018, section 3.2). A wanted value may be an attention's shown softmax weights. The seed is the final result's gradient with
    /// respect to the value, and has the value's shape.
    /// </summary>
    /// <exception cref="ArgumentException">The value depends on no wanted one, or an operation between has no gradient.</exception>
    public IReadOnlyList<Value> Gradients(Value of, Value seed, IReadOnlyList<Value> wanted) =>
        ReverseMode.Record(this, [(of, seed)], wanted, null);

    /// <summary>
    /// Records the gradients of a loss, which are added to the parameters' buffers. Each seed is a term of the loss with its gradient. The
    /// backward pass computes the modules in <paramref name="checkpoints"/> again (<see cref="Recomputation"/>).
    /// </summary>
    /// <exception cref="ArgumentException">A gradient reaches a trained parameter through an operation without one.</exception>
    public void Gradients(
        IReadOnlyList<(Value Of, Value Seed)> seeds, ParameterGradients parameters, IReadOnlyList<ModulePath>? checkpoints = null) =>
        ReverseMode.Record(this, seeds, [], parameters, checkpoints);

    /// <summary>
    /// Attention rollout (<see cref="AttentionRollout"/>) over a tower's attentions, which must show their softmax weights: the share of
    /// each input token in each output token, <c>[rows, tokens, tokens]</c>.
    /// </summary>
    /// <exception cref="ArgumentException">No attention shows its weights.</exception>
    public Value Rollout(ModulePath tower)
    {
        Value? rollout = null;
        foreach (var (name, seen) in nodes.OfType<AttentionNode>()
            .Where(node => node.Name.StartsWith(tower.Path + '.', StringComparison.Ordinal) && node.Probabilities is not null)
            .Select(node => (new ModulePath(node.Name) / "rollout", node.Probabilities!)).ToList())
            rollout = Add(new AttentionRolloutNode(
                name.Path, seen, rollout, NewComputed(name, new Shape(seen.Shape[0], seen.Shape[2], seen.Shape[3]))));
        return rollout ?? throw Mismatch(tower, "has no attention that shows its weights");
    }

    private string Key(string key) => shared is null ? key : shared(key);

    private Matrix Shared(Matrix matrix) =>
        shared is null ? matrix : new Matrix([.. matrix.Keys.Select(Key)], matrix.OutFeatures, matrix.InFeatures);

    private Vector? Shared(Vector? vector) =>
        shared is null || vector is null ? vector : new Vector([.. vector.Keys.Select(Key)], vector.Length);

    // self.query, self.key, self.value: self.query+key+value.
    private static ModulePath Stacked(IReadOnlyList<ModulePath> modules) =>
        new(string.Join("+", modules.Skip(1).Select(module => module.Path[(module.Path.LastIndexOf('.') + 1)..]).Prepend(modules[0].Path)));

    internal IReadOnlyList<Node> Nodes => nodes;

    internal Value Add(ComputeNode node)
    {
        Add((Node)node);
        return node.Output;
    }

    internal void Add(Node node) => nodes.Add(node);

    internal Value NewComputed(ModulePath name, Shape shape) => NewValue(name.Path, shape, ValueKind.Computed);

    private Value NewValue(string name, Shape shape, ValueKind kind, DType type = DType.Float32)
    {
        var value = new Value(values.Count, name, shape, kind, type);
        values.Add(value);
        return value;
    }

    private static ArgumentException Mismatch(ModulePath module, string what) => new($"{module} {what}.");
}
