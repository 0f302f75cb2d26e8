using System.Diagnostics.CodeAnalysis;
using Blip.Runtime.Imaging;

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

/// <summary>How well the texts fit one image, or the reason why that cannot be told: in a stream of many, one bad file stops nothing.</summary>
public sealed class MatchResult
{
    private MatchResult(ImageSource source, IReadOnlyList<Match>? matches, string? error) => (Source, Matches, Error) = (source, matches, error);

    /// <summary>The image that was asked about.</summary>
    public ImageSource Source { get; }

    /// <summary>One for each text, in the order of the texts.</summary>
    public IReadOnlyList<Match>? Matches { get; }

    /// <summary>The error, where there are no matches; a sentence for people that begins with the image's name.</summary>
    public string? Error { get; }

    /// <summary>The image itself, where attention was asked for and it was decoded for it: <see cref="WordAttention.Over"/> draws on it. Null otherwise.</summary>
    public RgbImage? Image { get; private init; }

    /// <summary>True where there are matches.</summary>
    [MemberNotNullWhen(true, nameof(Matches))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Matches is not null;

    /// <summary>A result with matches.</summary>
    public static MatchResult Of(ImageSource source, IReadOnlyList<Match> matches, RgbImage? image = null) => new(source, matches, null) { Image = image };

    /// <summary>A result without.</summary>
    public static MatchResult Failed(ImageSource source, string error) => new(source, null, error);
}
