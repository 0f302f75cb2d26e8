namespace Blip.Runtime.Pipelines;

/// <summary>What an answerer says to one question.</summary>
/// <param name="Text">The words; null where the model has no vocabulary.</param>
/// <param name="Tokens">Token ids from the start token to the stop token (or to the last token, where the length ended the answer).</param>
/// <param name="Score">
/// Of a generated answer the sum of its tokens' log-probabilities / (their number)^LengthPenalty (after beam search the reference's
/// <c>sequences_scores</c>); of one out of a list the sum alone.
/// </param>
public sealed record Answer(string? Text, IReadOnlyList<int> Tokens, double Score)
{
    /// <summary>The other answers, best first: sequences that were asked for (<c>NumReturnSequences</c>), or the rest of a list.</summary>
    public IReadOnlyList<Answer> Alternatives { get; init; } = [];

    /// <summary>
    /// Where the model looked while it said each word; empty unless it was asked for. The decoder sees no image: a word looks at the question's
    /// words, and by way of each of them at the image.
    /// </summary>
    public IReadOnlyList<WordAttention> Attention { get; init; } = [];

    /// <summary>Where it looked while it read each word of the question; empty unless it was asked for.</summary>
    public IReadOnlyList<WordAttention> QuestionAttention { get; init; } = [];

    /// <summary>This answer and the others, best first.</summary>
    public IEnumerable<Answer> All => Alternatives.Prepend(this);
}
