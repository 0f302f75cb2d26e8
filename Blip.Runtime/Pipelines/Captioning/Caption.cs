using System.Diagnostics.CodeAnalysis;
using Blip.Runtime.Imaging;

namespace Blip.Runtime.Pipelines;

/// <summary>The caption of one image.</summary>
/// <param name="Text">The text, with the prompt (but for <see cref="Models.Compat.Original"/>); null without a vocabulary.</param>
/// <param name="Tokens">Token ids from the start token to the stop token, or to the last one where the length ended the caption.</param>
/// <param name="Score">
/// Sum of the generated tokens' log-probabilities / (their number)^LengthPenalty: after beam search, the reference's
/// <c>sequences_scores</c>.
/// </param>
public sealed record Caption(string? Text, IReadOnlyList<int> Tokens, double Score)
{
    /// <summary>Further sequences (<c>NumReturnSequences</c>), best first.</summary>
    public IReadOnlyList<Caption> Alternatives { get; init; } = [];

    /// <summary>Where the model looked for each word; empty unless asked for.</summary>
    public IReadOnlyList<WordAttention> Attention { get; init; } = [];

    /// <summary>This caption and its alternatives, best first.</summary>
    public IEnumerable<Caption> All => Alternatives.Prepend(this);
}

/// <summary>One image's caption, or the reason why there is none.</summary>
public sealed class CaptionResult
{
    private CaptionResult(ImageSource source, Caption? caption, string? error)
    {
        Source = source;
        Caption = caption;
        Error = error;
    }

    /// <summary>The image.</summary>
    public ImageSource Source { get; }

    /// <summary>The caption, where there is one.</summary>
    public Caption? Caption { get; }

    /// <summary>A sentence that begins with the image's name; null for a caption.</summary>
    public string? Error { get; }

    /// <summary>The image for <see cref="WordAttention.Over"/>, where attention was asked for; else null.</summary>
    public RgbImage? Image { get; private init; }

    /// <summary>Whether there is a caption.</summary>
    [MemberNotNullWhen(true, nameof(Caption))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Caption is not null;

    /// <summary>A result with a caption.</summary>
    public static CaptionResult Of(ImageSource source, Caption caption, RgbImage? image = null) => new(source, caption, null)
    {
        Image = image,
    };

    /// <summary>A result with an error.</summary>
    public static CaptionResult Failed(ImageSource source, string error) => new(source, null, error);
}
