namespace Blip.Runtime.Generation;

/// <summary>
/// How words are chosen. Names, defaults and meanings are those of Hugging Face's <c>generate()</c>; values are checked by
/// <see cref="Validate()"/> when they are used.
/// </summary>
public sealed partial record GenerationOptions
{
    /// <summary>Most tokens of a sequence, start token and prompt counted. <see cref="MaxNewTokens"/> overrides it.</summary>
    public int MaxLength { get; init; } = 20;

    /// <summary>Fewest tokens of a sequence before the stop token is allowed, start token and prompt counted.</summary>
    public int MinLength { get; init; }

    /// <summary>Most tokens to generate, prompt not counted; null leaves it to <see cref="MaxLength"/>.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Fewest tokens to generate before the stop token is allowed, prompt not counted.</summary>
    public int? MinNewTokens { get; init; }

    /// <summary>Beams of the search; 1 is greedy search, or sampling with <see cref="DoSample"/>.</summary>
    public int NumBeams { get; init; } = 1;

    /// <summary>Sequences per image: the best of a beam search (at most <see cref="NumBeams"/>), or independent samples.</summary>
    public int NumReturnSequences { get; init; } = 1;

    /// <summary>When a beam search stops.</summary>
    public EarlyStopping EarlyStopping { get; init; }

    /// <summary>A sequence's score is its sum of log-probabilities / (generated tokens)^LengthPenalty: above 0 favours long sequences.</summary>
    public double LengthPenalty { get; init; } = 1;

    /// <summary>Draw tokens at random instead of taking the likeliest.</summary>
    public bool DoSample { get; init; }

    /// <summary>Sampling: logits are divided by it; above 0. Below 1 sharpens, above 1 flattens.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Sampling: only the k likeliest tokens (and ties with the last of them); 0 is off.</summary>
    public int TopK { get; init; } = 50;

    /// <summary>Sampling: only the smallest set of likeliest tokens whose probabilities reach this sum, 0 to 1; 1 is off (Holtzman et al. 2020).</summary>
    public double TopP { get; init; } = 1;

    /// <summary>
    /// Sampling: of the 100 likeliest tokens (and those as likely as the last) the first ones, as long as their entropy stays within this share of the whole, above 0 to 1;
    /// null is off (Baghaei Potraghloo et al. 2025).
    /// </summary>
    public double? TopH { get; init; }

    /// <summary>Sampling: only tokens about as surprising as expected, up to this sum of probabilities; 1 is off (Meister et al. 2023).</summary>
    public double TypicalP { get; init; } = 1;

    /// <summary>Sampling: only tokens at least this times as likely as the likeliest, 0 to 1; null is off (Nguyen et al. 2024).</summary>
    public double? MinP { get; init; }

    /// <summary>Sampling: only tokens at least this likely, 0 to below 1; 0 is off (Hewitt et al. 2022).</summary>
    public double EpsilonCutoff { get; init; }

    /// <summary>Sampling: as <see cref="EpsilonCutoff"/>, lowered where the distribution is flat; 0 is off (Hewitt et al. 2022).</summary>
    public double EtaCutoff { get; init; }

    /// <summary>Scores of tokens already said, prompt included, are divided by it (multiplied where negative); 1 is off (Keskar et al. 2019).</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>No run of this many tokens occurs twice; 0 is off.</summary>
    public int NoRepeatNgramSize { get; init; }

    /// <summary>Token sequences that are never completed.</summary>
    public IReadOnlyList<IReadOnlyList<int>> BadWordsIds { get; init; } = [];

    /// <summary>
    /// Token sequences that the generated tokens are made of, one after another and nothing between them; empty allows every token. The stop
    /// token may come where a sequence is complete; the greatest length may cut the last one. transformers does this with a function,
    /// <c>prefix_allowed_tokens_fn</c>; its <c>force_words_ids</c> is another rule, about words that must come.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<int>> ForceWordsIds { get; init; } = [];

    /// <summary>Tokens that are never said.</summary>
    public IReadOnlyList<int> SuppressTokens { get; init; } = [];

    /// <summary>Tokens that are not said first.</summary>
    public IReadOnlyList<int> BeginSuppressTokens { get; init; } = [];

    /// <summary>Biases on sequences of tokens.</summary>
    public IReadOnlyList<SequenceBias> SequenceBias { get; init; } = [];

    /// <summary>The token that is forced as the first, where there is no prompt; null is off.</summary>
    public int? ForcedBosTokenId { get; init; }

    /// <summary>The token that is forced at the last place that the length allows; null is off.</summary>
    public int? ForcedEosTokenId { get; init; }

    /// <summary>Makes the stop token likelier from a length on; null is off.</summary>
    public ExponentialDecay? ExponentialDecayLengthPenalty { get; init; }

    /// <summary>Normalise the scores to log-probabilities after all rules.</summary>
    public bool RenormalizeLogits { get; init; }

    /// <summary>
    /// Texts that end a sequence once they are written; they stay in it, with the rest of their last token.
    /// </summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>
    /// Seconds after which a batch ends with the token in hand, as at its greatest length; null is off. The output depends on the speed
    /// of the machine.
    /// </summary>
    public double? MaxTime { get; init; }

    /// <summary>Seed of the draws: equal seeds give equal draws on every device and at every place of a batch.</summary>
    public ulong Seed { get; init; }

    /// <summary>Also return, for each generated token, the scores of the whole vocabulary after the rules.</summary>
    public bool OutputScores { get; init; }

    /// <summary>Also return, for each generated token, the logits of the whole vocabulary as the model gave them.</summary>
    public bool OutputLogits { get; init; }

    /// <summary>Also return where in the image each token looked.</summary>
    public bool OutputAttentions { get; init; }

    /// <summary>Longest sequence of a row: its prompt (start token included) and the tokens after it.</summary>
    /// <param name="promptTokens">Tokens of the row's prompt, start token included.</param>
    public int LengthLimit(int promptTokens) => MaxNewTokens is { } tokens ? promptTokens + tokens : MaxLength;
}

/// <summary>When a beam search that has as many finished sequences as beams stops.</summary>
public enum EarlyStopping
{
    /// <summary>When the best running beam, scored at its present length, is worse than the worst finished sequence: a heuristic, the default.</summary>
    False,

    /// <summary>At once.</summary>
    True,

    /// <summary>When no running beam can become better than the worst finished sequence at any length that is still allowed: exact.</summary>
    Never,
}

/// <summary>From a length on, the stop token becomes likelier with every token.</summary>
/// <param name="Start">Generated tokens (the prompt not counted) after which the decay begins.</param>
/// <param name="Factor">With n tokens past the start, |score of the stop token| · (Factor^n - 1) is added to that score.</param>
public sealed record ExponentialDecay(int Start, double Factor);

/// <summary>A bias added to the last token of a sequence whenever the tokens before it have just been said.</summary>
/// <param name="Tokens">The sequence; of one token, the bias always applies.</param>
/// <param name="Bias">Added to the logit (greedy and sampling) or to the log-probability (beam search).</param>
public sealed record SequenceBias(IReadOnlyList<int> Tokens, double Bias);
