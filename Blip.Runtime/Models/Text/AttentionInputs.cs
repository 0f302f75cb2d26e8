using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

internal sealed record AttentionInputs
{
    /// <summary>Whether a token attends only to itself and earlier tokens.</summary>
    public bool Causal { get; init; }

    /// <summary>1 for a token and 0 for padding <c>[rows, tokens]</c>; null without padding.</summary>
    public Value? Mask { get; init; }

    /// <summary>Position of each row's first token <c>[rows]</c>; null for 0.</summary>
    public Value? Start { get; init; }

    /// <summary>
    /// Keys and values so far, per layer <c>[cache rows, capacity, hidden]</c>; null to attend only to this run's tokens.
    /// </summary>
    public IReadOnlyList<(Value Key, Value Value)>? Cache { get; init; }

    /// <summary>The cache row of each position of each row <c>[rows, capacity]</c>, or of the whole row <c>[rows]</c>.</summary>
    public Value? CacheRow { get; init; }

    /// <summary>The cache row that each row writes <c>[rows]</c>; null for its own.</summary>
    public Value? WriteRow { get; init; }

    /// <summary>
    /// Keys and values of cross-attention's source, an image or a question, per layer <c>[sources, source tokens, 2·hidden]</c>. Null for
    /// text alone.
    /// </summary>
    public IReadOnlyList<Value>? Source { get; init; }

    /// <summary>The source of each row <c>[rows]</c>; null if row and source have the same index.</summary>
    public Value? SourceRow { get; init; }

    /// <summary>
    /// The source of each layer's second cross-attention for each row <c>[rows]</c>; <see cref="Source"/> then has two entries per layer
    /// (<see cref="TwinCrossAttention"/>). Null if a layer has one.
    /// </summary>
    public Value? SecondSourceRow { get; init; }

    /// <summary>1 for a token of the row's source and 0 for padding <c>[rows, source tokens]</c>; null without padding.</summary>
    public Value? SourceMask { get; init; }

    /// <summary>Training's random omissions; null for none.</summary>
    public TrainingNoise? Noise { get; init; }
}
