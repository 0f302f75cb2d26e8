using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>The attention inputs of a text tower's layers.</summary>
internal sealed record AttentionInputs
{
    /// <summary>A word sees those before it and itself.</summary>
    public bool Causal { get; init; }

    /// <summary>1 for a word and 0 for padding <c>[rows, tokens]</c>; null where nothing is padded.</summary>
    public Value? Mask { get; init; }

    /// <summary>Position of each row's first token <c>[rows]</c>; null for 0.</summary>
    public Value? Start { get; init; }

    /// <summary>Keys and values of the words so far, per layer <c>[cache rows, capacity, hidden]</c>; null to attend this run's words only.</summary>
    public IReadOnlyList<(Value Key, Value Value)>? Cache { get; init; }

    /// <summary>Which cache row holds each position of each row <c>[rows, capacity]</c>, or of the whole row <c>[rows]</c>.</summary>
    public Value? CacheRow { get; init; }

    /// <summary>Which cache row each row writes <c>[rows]</c>; null for its own.</summary>
    public Value? WriteRow { get; init; }

    /// <summary>
    /// Keys and values of cross-attention's source, per layer <c>[sources, source tokens, 2·hidden]</c>: an image, or the question of an
    /// answer. Null for text alone.
    /// </summary>
    public IReadOnlyList<Value>? Source { get; init; }

    /// <summary>Which source each row looks at <c>[rows]</c>; null where row and source have the same number.</summary>
    public Value? SourceRow { get; init; }

    /// <summary>
    /// Which source each row looks at with the second cross-attention of each layer <c>[rows]</c>; <see cref="Source"/> then has two entries
    /// for each layer (<see cref="TwinCrossAttention"/>). Null where a layer has one.
    /// </summary>
    public Value? SecondSourceRow { get; init; }

    /// <summary>1 for a token of the row's source and 0 for padding <c>[rows, source tokens]</c>; null where nothing is padded.</summary>
    public Value? SourceMask { get; init; }

    /// <summary>Training's random omissions; null for none.</summary>
    public TrainingNoise? Noise { get; init; }
}
