namespace Blip.Kernels;

internal interface IWeightDropout
{
    /// <summary>The weight that is multiplied by its value.</summary>
    /// <param name="weight">The softmax weight.</param>
    /// <param name="shape">Dropout's limit and factor.</param>
    /// <param name="place">Index in [Rows, Heads, QueryTokens, KeyTokens].</param>
    static abstract float Apply(float weight, AttentionShape shape, long place);
}

internal readonly struct KeptWeights : IWeightDropout
{
    public static float Apply(float weight, AttentionShape shape, long place) => weight;
}

/// <summary>A weight becomes zero or grows by the keep factor.</summary>
internal readonly struct WeightDropout : IWeightDropout
{
    public static float Apply(float weight, AttentionShape shape, long place) =>
        Dropout.Keeps(shape.DropSeed, shape.DropStream, place, shape.DropLimit) ? weight * shape.KeepFactor : 0f;
}
