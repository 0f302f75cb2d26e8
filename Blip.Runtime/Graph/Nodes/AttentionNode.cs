using System.Globalization;
using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>The inputs of an attention.</summary>
internal sealed record AttentionSpec
{
    /// <summary>In a value of <c>[rows, tokens, …]</c>.</summary>
    public required Columns Query { get; init; }

    /// <summary>In a value of <c>[key rows, key tokens, …]</c>: this run's, a cache, or the image's.</summary>
    public required Columns Key { get; init; }

    /// <summary>Of the keys' shape.</summary>
    public required Columns Value { get; init; }

    /// <summary>The columns are divided among them.</summary>
    public required int Heads { get; init; }

    /// <summary>Query <c>t</c> of row <c>r</c> sees keys up to <c>Start[r] + t</c>.</summary>
    public bool Causal { get; init; }

    /// <summary>Each row's first query position <c>[rows]</c>, for <see cref="Causal"/>; null for 0.</summary>
    public Value? Start { get; init; }

    /// <summary>The key row of each row <c>[rows]</c>, or of each position <c>[rows, key tokens]</c>; null for the same row.</summary>
    public Value? KeyRow { get; init; }

    /// <summary>1 for a token and 0 for padding <c>[rows, key tokens]</c>; null for no padding.</summary>
    public Value? Mask { get; init; }

    /// <summary>Training's dropout of softmax weights; null for none.</summary>
    public AttentionDropout? Dropout { get; init; }

    /// <summary>
    /// The matrix that made the queries, set by the builder. In 16 bits, a device may attend in them; null means single precision.
    /// </summary>
    public Matrix? Projection { get; init; }
}

/// <summary>
/// Dropout of softmax weights (<see cref="AttentionArgs.Dropout"/>). The stream separates its draws from other nodes' of a step.
/// </summary>
internal sealed record AttentionDropout(float Probability, StepSeed Seed, int Stream);

/// <summary>
/// Scaled dot-product attention with several heads (Vaswani et al. 2017, sections 3.2.1 and 3.2.2). The result is
/// <c>[rows, tokens, heads·headDim]</c>. The softmax <c>[rows, heads, tokens, key tokens]</c> is null unless shown.
/// </summary>
internal sealed record AttentionNode(string Name, AttentionSpec Spec, Value Output, Value? Probabilities) : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "Attention";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs =>
        new[] { Spec.Query.Value, Spec.Key.Value, Spec.Value.Value, Spec.Start, Spec.KeyRow, Spec.Mask }.OfType<Value>().Distinct();

    /// <inheritdoc/>
    public override IEnumerable<Value> Outputs => Probabilities is null ? [Output] : [Output, Probabilities];

    /// <inheritdoc/>
    public override string Attributes => $"heads={Spec.Heads}, q={Spec.Query}, k={Spec.Key}, v={Spec.Value}"
        + (Spec.Causal ? ", causal" : "") + (Spec.Mask is null ? "" : ", masked")
        + (Spec.Dropout is { } dropout ? string.Create(CultureInfo.InvariantCulture, $", p={dropout.Probability}") : "");

    /// <inheritdoc/>
    public override long Flops(GraphSizes sizes) => 4 * sizes.Length(Output) * sizes.Size(Spec.Key.Value, 1);

    /// <inheritdoc/>
    /// <remarks>Only where queries, keys and values lie in one value: their format is one.</remarks>
    public override DType? InputFormat(Value input, GraphSizes sizes) =>
        input == Spec.Query.Value && input == Spec.Key.Value && input == Spec.Value.Value && IsPlain
            ? Attention.InputFormat(sizes.Target, Shape(sizes))
            : null;

    /// <inheritdoc/>
    public override bool CanStore(Value output, DType format, GraphSizes sizes) =>
        IsPlain && Attention.CanStore(sizes.Target, Shape(sizes), format);

    // The length of a table of rows is known only when it is bound.
    private bool IsPlain => Spec.KeyRow is null && Probabilities is null;

    /// <inheritdoc/>
    public override void Run(Plan plan) => Attention.Run(plan.Device, Args(plan));

    internal AttentionArgs Args(Plan plan)
    {
        var device = plan.Device;
        return Shape(plan.Sizes) with
        {
            InputFormat = plan.Sizes.StoredAs(Spec.Query.Value),
            OutputFormat = plan.Sizes.StoredAs(Output),
            Query = plan.Floats(Spec.Query.Value),
            Key = plan.Floats(Spec.Key.Value),
            Value = plan.Floats(Spec.Value.Value),
            KeyRow = Spec.KeyRow is null ? device.Empty<int>() : plan.Ints(Spec.KeyRow),
            Start = Spec.Start is null ? device.Empty<int>() : plan.Ints(Spec.Start),
            Mask = Spec.Mask is null ? device.Empty<int>() : plan.Ints(Spec.Mask),
            Output = plan.Floats(Output),
            Probabilities = Probabilities is null ? device.Empty<float>() : plan.Floats(Probabilities),
        };
    }

    // Everything but the views.
    private AttentionArgs Shape(GraphSizes sizes)
    {
        var headDim = Spec.Query.Width / Spec.Heads;
        return new AttentionArgs
        {
            Rows = sizes.Size(Output, 0),
            QueryTokens = sizes.Size(Output, 1),
            Heads = Spec.Heads,
            HeadDim = headDim,
            Scale = 1f / MathF.Sqrt(headDim),
            Precision = Spec.Projection is null ? DType.Float32 : sizes.Format(Spec.Projection),
            QueryStride = Spec.Query.Value.Shape.Width,
            QueryOffset = Spec.Query.Offset,
            KeyStride = Spec.Key.Value.Shape.Width,
            KeyOffset = Spec.Key.Offset,
            ValueStride = Spec.Value.Value.Shape.Width,
            ValueOffset = Spec.Value.Offset,
            KeyTokens = sizes.Size(Spec.Key.Value, 1),
            KeyCapacity = sizes.Size(Spec.Key.Value, 1),
            Causal = Spec.Causal,
            Dropout = Spec.Dropout?.Probability ?? 0,
            DropoutSeed = Spec.Dropout?.Seed.Value ?? 0,
            DropoutStream = Spec.Dropout?.Stream ?? 0,
        };
    }
}
