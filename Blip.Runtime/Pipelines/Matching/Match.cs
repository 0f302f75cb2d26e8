using System.Diagnostics.CodeAnalysis;
using Blip.Runtime.Imaging;

namespace Blip.Runtime.Pipelines;

/// <summary>How well a text fits an image: by the matching head, which reads the text over the image, and by their vectors.</summary>
/// <param name="Text">The text.</param>
/// <param name="MatchProbability">The probability that the text fits, 0 to 1 (the softmax of ITM's two logits).</param>
/// <param name="Cosine">The cosine of the vectors of text and image, -1 to 1 (ITC).</param>
public sealed record Match(string Text, double MatchProbability, double Cosine)
{
    /// <summary>The matching head's logit of "it fits".</summary>
    public double MatchLogit { get; init; }

    /// <summary>The matching head's logit of "it does not fit".</summary>
    public double NoMatchLogit { get; init; }

    /// <summary>Where the model looked for each word; empty unless asked for.</summary>
    public IReadOnlyList<WordAttention> Attention { get; init; } = [];
}

/// <summary>How well texts fit one image, or the reason why that is unknown.</summary>
public sealed class MatchResult
{
    private MatchResult(ImageSource source, IReadOnlyList<Match>? matches, string? error) =>
        (Source, Matches, Error) = (source, matches, error);

    /// <summary>The image.</summary>
    public ImageSource Source { get; }

    /// <summary>A match for each text, in order.</summary>
    public IReadOnlyList<Match>? Matches { get; }

    /// <summary>A sentence that begins with the image's name; null for matches.</summary>
    public string? Error { get; }

    /// <summary>The image for <see cref="WordAttention.Over"/>, where attention was asked for; else null.</summary>
    public RgbImage? Image { get; private init; }

    /// <summary>Whether there are matches.</summary>
    [MemberNotNullWhen(true, nameof(Matches))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Matches is not null;

    /// <summary>A result with matches.</summary>
    public static MatchResult Of(ImageSource source, IReadOnlyList<Match> matches, RgbImage? image = null) => new(source, matches, null)
    {
        Image = image,
    };

    /// <summary>A result with an error.</summary>
    public static MatchResult Failed(ImageSource source, string error) => new(source, null, error);
}
