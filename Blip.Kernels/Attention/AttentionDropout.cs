namespace Blip.Kernels;

internal interface IWeightDropout
{
    /// <summary>The weight after dropout. <paramref name="place"/> is its index in [Rows, Heads, QueryTokens, KeyTokens].</summary>
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
