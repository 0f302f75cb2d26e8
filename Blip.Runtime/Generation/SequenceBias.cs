namespace Blip.Runtime.Generation;

/// <summary>A bias added to the last token of a sequence whenever the tokens before it have just been said.</summary>
/// <param name="Tokens">The sequence; of one token, the bias always applies.</param>
/// <param name="Bias">Added to the logit (greedy and sampling) or to the log-probability (beam search).</param>
public sealed record SequenceBias(IReadOnlyList<int> Tokens, double Bias);
