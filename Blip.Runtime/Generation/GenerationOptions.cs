namespace Blip.Runtime.Generation;

/// <summary>
/// How to choose tokens. Names, defaults and meanings are those of Hugging Face's <c>generate()</c>. <see cref="Validate()"/> checks the
/// values when they are used.
/// </summary>
public sealed partial record GenerationOptions
{
    /// <summary>Most tokens of a sequence, start token and prompt included. <see cref="MaxNewTokens"/> overrides this limit.</summary>
    public int MaxLength { get; init; } = 20;

    /// <summary>Fewest tokens before the stop token is allowed, start token and prompt included.</summary>
    public int MinLength { get; init; }

    /// <summary>Most tokens to generate. With null, <see cref="MaxLength"/> applies.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Fewest tokens to generate before the stop token is allowed.</summary>
    public int? MinNewTokens { get; init; }

    /// <summary>Number of beams; 1 is greedy search, or sampling with <see cref="DoSample"/>.</summary>
    public int NumBeams { get; init; } = 1;

    /// <summary>Sequences per image: the best of a beam search (at most <see cref="NumBeams"/>), or independent samples.</summary>
    public int NumReturnSequences { get; init; } = 1;

    /// <summary>When a beam search stops.</summary>
    public EarlyStopping EarlyStopping { get; init; }

    /// <summary>
    /// The exponent in a sequence's score: sum of log-probabilities / (generated tokens)^LengthPenalty. Above 0 favours long sequences.
    /// </summary>
    public double LengthPenalty { get; init; } = 1;

    /// <summary>Sample tokens instead of taking the likeliest.</summary>
    public bool DoSample { get; init; }

    /// <summary>Sampling: the logits are divided by this, which is above 0. Below 1 favours likely tokens, above 1 unlikely ones.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Sampling: keep the k likeliest tokens, and ties with the last; 0 is off.</summary>
    public int TopK { get; init; } = 50;

    /// <summary>
    /// Sampling: keep the smallest set of likeliest tokens whose probabilities reach this sum, 0 to 1; 1 is off (Holtzman et al. 2020).
    /// </summary>
    public double TopP { get; init; } = 1;

    /// <summary>
    /// Sampling: of the 100 likeliest tokens (and ties with the last), keep the likeliest while their entropy stays within this share of
    /// the entropy of all 100. Above 0 to 1; null is off (Baghaei Potraghloo et al. 2025).
    /// </summary>
    public double? TopH { get; init; }

    /// <summary>
    /// Sampling: keep the tokens whose log-probability is nearest to its mean, up to this sum of probabilities; 1 is off (Meister et al.
    /// 2023).
    /// </summary>
    public double TypicalP { get; init; } = 1;

    /// <summary>
    /// Sampling: keep tokens with at least this share of the highest probability, 0 to 1; null is off (Nguyen et al. 2024).
    /// </summary>
    public double? MinP { get; init; }

    /// <summary>Sampling: keep tokens of at least this probability, 0 to below 1; 0 is off (Hewitt et al. 2022).</summary>
    public double EpsilonCutoff { get; init; }

    /// <summary>Sampling: <see cref="EpsilonCutoff"/> with a lower limit for flat distributions; 0 is off (Hewitt et al. 2022).</summary>
    public double EtaCutoff { get; init; }

    /// <summary>Divides the scores of tokens in the prompt or output (multiplies negative ones); 1 is off (Keskar et al. 2019).</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>No sequence of this many tokens occurs twice; 0 is off.</summary>
    public int NoRepeatNgramSize { get; init; }

    /// <summary>Token sequences that are never completed.</summary>
    public IReadOnlyList<IReadOnlyList<int>> BadWordsIds { get; init; } = [];

    /// <summary>
    /// The generated tokens must be a concatenation of these token sequences; empty allows every token. The stop token is allowed where a
    /// sequence is complete. The length limit may cut the last one. In transformers this is a function, <c>prefix_allowed_tokens_fn</c>;
    /// its <c>force_words_ids</c> is a different rule.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<int>> ForceWordsIds { get; init; } = [];

    /// <summary>Tokens that are never generated.</summary>
    public IReadOnlyList<int> SuppressTokens { get; init; } = [];

    /// <summary>Tokens that are not generated first.</summary>
    public IReadOnlyList<int> BeginSuppressTokens { get; init; } = [];

    /// <summary>Biases on sequences of tokens.</summary>
    public IReadOnlyList<SequenceBias> SequenceBias { get; init; } = [];

    /// <summary>Forces the first token if there is no prompt; null is off.</summary>
    public int? ForcedBosTokenId { get; init; }

    /// <summary>Forces the last token that the length allows; null is off.</summary>
    public int? ForcedEosTokenId { get; init; }

    /// <summary>Favours the stop token from a length on; null is off.</summary>
    public ExponentialDecay? ExponentialDecayLengthPenalty { get; init; }

    /// <summary>Normalise scores to log-probabilities after all rules.</summary>
    public bool RenormalizeLogits { get; init; }

    /// <summary>Texts that end a sequence. The sequence keeps the text and the rest of its last token.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>Seconds after which a batch ends with its current token; null is off. The output depends on the machine's speed.</summary>
    public double? MaxTime { get; init; }

    /// <summary>Seed of sampling; equal seeds give equal draws on every device and in every batch position.</summary>
    public ulong Seed { get; init; }

    /// <summary>For each generated token, also return the vocabulary's scores after the rules.</summary>
    public bool OutputScores { get; init; }

    /// <summary>For each generated token, also return the model's logits of the vocabulary.</summary>
    public bool OutputLogits { get; init; }

    /// <summary>For each generated token, also return its attention over the image.</summary>
    public bool OutputAttentions { get; init; }

    /// <summary>The most tokens of a row, prompt included.</summary>
    /// <param name="promptTokens">Tokens of the row's prompt, start token included.</param>
    public int LengthLimit(int promptTokens) => MaxNewTokens is { } tokens ? promptTokens + tokens : MaxLength;
}

/// <summary>When a beam search with as many finished sequences as beams stops.</summary>
public enum EarlyStopping
{
    /// <summary>
    /// When the best running beam, scored at its present length, is worse than the worst finished sequence. The default; a heuristic.
    /// </summary>
    False,

    /// <summary>At once.</summary>
    True,

    /// <summary>When no running beam can beat the worst finished sequence at any allowed length. Exact.</summary>
    Never,
}

/// <summary>Favours the stop token from a length on, more with each further token.</summary>
/// <param name="Start">Generated tokens, without the prompt, before the decay begins.</param>
/// <param name="Factor">With n tokens past the start, |score of the stop token| · (Factor^n - 1) is added to that score.</param>
public sealed record ExponentialDecay(int Start, double Factor);

/// <summary>A bias on the last token of a sequence, applied whenever the tokens before it were just generated.</summary>
/// <param name="Tokens">The sequence; with one token, the bias always applies.</param>
/// <param name="Bias">Added to the logit (greedy search and sampling) or log-probability (beam search).</param>
public sealed record SequenceBias(IReadOnlyList<int> Tokens, double Bias);
