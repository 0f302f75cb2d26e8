using Blip.Runtime.Models;

namespace Blip.Runtime.Generation;

/// <summary>A generated sequence.</summary>
/// <param name="Tokens">Start token, prompt, and generated tokens, including the stop token if generated.</param>
/// <param name="Score">
/// Sum of log-probabilities of the generated tokens / (generated tokens)^LengthPenalty. Beam search sums the scores after its rules, like
/// Hugging Face's <c>sequences_scores</c>. Greedy search and sampling sum the model's log-probabilities before rules and filters.
/// </param>
internal sealed record GeneratedSequence(int[] Tokens, double Score)
{
    /// <summary>
    /// For each generated token, the vocabulary's scores after the rules; null unless <see cref="GenerationOptions.OutputScores"/>.
    /// </summary>
    public IReadOnlyList<float[]>? Scores { get; init; }

    /// <summary>For each generated token, the vocabulary's logits; null unless <see cref="GenerationOptions.OutputLogits"/>.</summary>
    public IReadOnlyList<float[]>? Logits { get; init; }

    /// <summary>Where in the image each token looked; null unless <see cref="GenerationOptions.OutputAttentions"/>.</summary>
    public CrossAttention? Attention { get; init; }
}

/// <summary>A token, as soon as it is chosen.</summary>
/// <param name="Image">Index in the batch.</param>
/// <param name="Sequence">Index among the image's sequences; above 0 only with several samples.</param>
/// <param name="Token">The token, which may be the stop token.</param>
/// <param name="IsLast">Whether it ends the sequence.</param>
internal readonly record struct GeneratedToken(int Image, int Sequence, int Token, bool IsLast);
