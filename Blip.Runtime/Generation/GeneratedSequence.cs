using Blip.Runtime.Models;

namespace Blip.Runtime.Generation;

/// <summary>One sequence that was generated.</summary>
/// <param name="Tokens">From the start token, the prompt included, to the stop token, that included where it was said.</param>
/// <param name="Score">
/// Sum of log-probabilities of the generated tokens / (generated tokens)^LengthPenalty. Beam search sums the scores after its rules, as
/// Hugging Face's <c>sequences_scores</c> do; greedy search and sampling sum the model's log-probabilities without rules and warpers.
/// </param>
internal sealed record GeneratedSequence(int[] Tokens, double Score)
{
    /// <summary>Scores of the whole vocabulary after the rules, for each generated token; null unless <see cref="GenerationOptions.OutputScores"/>.</summary>
    public IReadOnlyList<float[]>? Scores { get; init; }

    /// <summary>Logits of the whole vocabulary, for each generated token; null unless <see cref="GenerationOptions.OutputLogits"/>.</summary>
    public IReadOnlyList<float[]>? Logits { get; init; }

    /// <summary>Where in the image each token looked; null unless <see cref="GenerationOptions.OutputAttentions"/>.</summary>
    public CrossAttention? Attention { get; init; }
}

/// <summary>A token, as soon as it has been chosen.</summary>
/// <param name="Image">Index in the batch.</param>
/// <param name="Sequence">Which of the image's sequences: 0 but for several samples.</param>
/// <param name="Token">The token; the stop token too.</param>
/// <param name="IsLast">Whether the sequence ends with it.</param>
internal readonly record struct GeneratedToken(int Image, int Sequence, int Token, bool IsLast);
