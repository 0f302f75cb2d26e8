namespace Blip.Runtime.Pipelines;

/// <summary>What a captioner says of one image.</summary>
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
