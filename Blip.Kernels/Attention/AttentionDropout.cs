namespace Blip.Kernels;

/// <summary>The change of a softmax weight before it is multiplied with its value.</summary>
internal interface IWeightDropout
{
    /// <summary>The weight that is multiplied.</summary>
    /// <param name="weight">The weight.</param>
    /// <param name="shape">Says what is dropped.</param>
    /// <param name="place">The weight's place in [Rows, Heads, QueryTokens, KeyTokens].</param>
    static abstract float Apply(float weight, AttentionShape shape, long place);
}

/// <summary>Every weight as it is.</summary>
internal readonly struct KeptWeights : IWeightDropout
{
    public static float Apply(float weight, AttentionShape shape, long place) => weight;
}

/// <summary>Dropout: a weight becomes zero, or grows by as much as the others lose.</summary>
internal readonly struct WeightDropout : IWeightDropout
{
    public static float Apply(float weight, AttentionShape shape, long place) =>
        Dropout.Keeps(shape.DropSeed, shape.DropStream, place, shape.DropLimit) ? weight * shape.KeepFactor : 0f;
}
