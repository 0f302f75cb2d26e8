using System.Diagnostics.CodeAnalysis;
using Blip.Runtime.Imaging;

namespace Blip.Runtime.Pipelines;

/// <summary>A captioner's result for one image.</summary>
/// <param name="Text">The words, the prompt among them (but for <see cref="Models.Compat.Original"/>); null where the model has no vocabulary.</param>
/// <param name="Tokens">Token ids from the start token to the stop token (or to the last token, where the length ended the caption).</param>
/// <param name="Score">
/// Sum of the generated tokens' log-probabilities / (their number)^LengthPenalty; after beam search it is the reference's <c>sequences_scores</c>.
/// </param>
public sealed record Caption(string? Text, IReadOnlyList<int> Tokens, double Score)
{
    /// <summary>The other sequences that were asked for (<c>NumReturnSequences</c>), best first; empty where one was.</summary>
    public IReadOnlyList<Caption> Alternatives { get; init; } = [];

    /// <summary>Where the model looked while it said each word; empty unless it was asked for.</summary>
    public IReadOnlyList<WordAttention> Attention { get; init; } = [];

    /// <summary>This caption and its alternatives, best first.</summary>
    public IEnumerable<Caption> All => Alternatives.Prepend(this);
}

/// <summary>One image's caption, or the reason why there is none: in a stream of many, one bad file stops nothing.</summary>
public sealed class CaptionResult
{
    private CaptionResult(ImageSource source, Caption? caption, string? error)
    {
        Source = source;
        Caption = caption;
        Error = error;
    }

    /// <summary>The image that was asked about.</summary>
    public ImageSource Source { get; }

    /// <summary>The caption, where there is one.</summary>
    public Caption? Caption { get; }

    /// <summary>The image's error, where there is no caption; a sentence for people that begins with the image's name.</summary>
    public string? Error { get; }

    /// <summary>The image itself, where attention was asked for: <see cref="WordAttention.Over"/> draws on it. Null otherwise.</summary>
    public RgbImage? Image { get; private init; }

    /// <summary>True where there is a caption.</summary>
    [MemberNotNullWhen(true, nameof(Caption))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Caption is not null;

    /// <summary>A result with a caption.</summary>
    public static CaptionResult Of(ImageSource source, Caption caption, RgbImage? image = null) => new(source, caption, null) { Image = image };

    /// <summary>A result without one.</summary>
    public static CaptionResult Failed(ImageSource source, string error) => new(source, null, error);
}
