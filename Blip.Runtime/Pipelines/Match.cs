namespace Blip.Runtime.Pipelines;

/// <summary>How well a text fits an image: by the matching head, which reads the text over the image, and by the angle between the two vectors.</summary>
/// <param name="Text">The text.</param>
/// <param name="MatchProbability">How likely the text fits, 0 to 1 (the softmax of the two logits of ITM).</param>
/// <param name="Cosine">How close the text's vector is to the image's, -1 to 1 (ITC).</param>
public sealed record Match(string Text, double MatchProbability, double Cosine)
{
    /// <summary>The matching head's logit of "it fits".</summary>
    public double MatchLogit { get; init; }

    /// <summary>The matching head's logit of "it does not fit".</summary>
    public double NoMatchLogit { get; init; }

    /// <summary>Where the model looked while it read each word; empty unless it was asked for.</summary>
    public IReadOnlyList<WordAttention> Attention { get; init; } = [];
}
