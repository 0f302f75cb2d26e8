using Blip.Kernels;

namespace Blip.Verification.References;

/// <summary>The rules of <see cref="TokenRules"/> on one row; fields as in <see cref="TokenRulesArgs"/>.</summary>
internal sealed record TokenRulesReference(int StopToken)
{
    /// <summary>Sequences, and the addition to their last token's score after the others.</summary>
    public IReadOnlyList<(IReadOnlyList<int> Tokens, double Bias)> Biases { get; init; } = [];

    /// <summary>Sequences that are never completed.</summary>
    public IReadOnlyList<IReadOnlyList<int>> BadWords { get; init; } = [];

    /// <summary>Sequences that compose all tokens after the prompt; empty allows every token.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Allowed { get; init; } = [];

    /// <inheritdoc cref="TokenRulesArgs.RepetitionPenalty"/>
    public double RepetitionPenalty { get; init; } = 1;

    /// <inheritdoc cref="TokenRulesArgs.NoRepeatNgramSize"/>
    public int NoRepeatNgramSize { get; init; }

    /// <inheritdoc cref="TokenRulesArgs.MinLength"/>
    public int MinLength { get; init; }

    /// <inheritdoc cref="TokenRulesArgs.MinNewTokens"/>
    public int MinNewTokens { get; init; }

    /// <summary>The only token after a bare start token, or null.</summary>
    public int? ForcedFirstToken { get; init; }

    /// <summary>The only token at the last place, or null.</summary>
    public int? ForcedToken { get; init; }

    /// <summary>Generated tokens before the stop token becomes likelier, and the factor per token; or null.</summary>
    public (int Start, double Factor)? Decay { get; init; }

    /// <inheritdoc cref="TokenRulesArgs.Suppressed"/>
    public IReadOnlyList<int> Suppressed { get; init; } = [];

    /// <inheritdoc cref="TokenRulesArgs.SuppressedFirst"/>
    public IReadOnlyList<int> SuppressedFirst { get; init; } = [];

    /// <summary>The scores after all rules.</summary>
    /// <param name="scores">One row, <c>[vocabulary]</c>; unchanged.</param>
    /// <param name="history">The tokens so far, with the prompt.</param>
    /// <param name="prompt">The prompt's tokens.</param>
    /// <param name="limit">The most tokens.</param>
    public double[] Apply(IReadOnlyList<double> scores, IReadOnlyList<int> history, int prompt, int limit)
    {
        double[] result = [.. scores];
        var length = history.Count;
        Add(Biases);
        if (RepetitionPenalty != 1)
        {
            foreach (var token in history.Distinct())
                result[token] = result[token] < 0 ? result[token] * RepetitionPenalty : result[token] / RepetitionPenalty;
        }
        for (var start = 0; NoRepeatNgramSize > 0 && start + NoRepeatNgramSize <= length; start++)
        {
            if (history.Skip(start).Take(NoRepeatNgramSize - 1).SequenceEqual(history.TakeLast(NoRepeatNgramSize - 1)))
                result[history[start + NoRepeatNgramSize - 1]] = double.NegativeInfinity;
        }
        Add(BadWords.Select(word => (word, double.NegativeInfinity)));
        if (length < MinLength || length - prompt < MinNewTokens)
            result[StopToken] = double.NegativeInfinity;
        if (Allowed.Count > 0)
        {
            var allowed = MayFollow([.. history.Skip(prompt)]);
            Forbid([.. Enumerable.Range(0, result.Length).Where(token => !allowed.Contains(token))]);
        }
        if (ForcedFirstToken is { } first && length == 1)
            Force(first);
        if (ForcedToken is { } last && length == limit - 1)
            Force(last);
        if (Decay is { } decay && length > prompt + decay.Start && !double.IsNegativeInfinity(result[StopToken]))
            result[StopToken] += Math.Abs(result[StopToken]) * (Math.Pow(decay.Factor, length - prompt - decay.Start) - 1);
        Forbid(Suppressed);
        if (length == (prompt == 1 && ForcedFirstToken is not null ? 2 : prompt))
            Forbid(SuppressedFirst);
        return result;

        // All ways to read the history as whole sequences and a partial one. Unreadable parts are skipped, up to the token after them.
        HashSet<int> MayFollow(int[] said)
        {
            bool[] whole = [true, .. said.Select(_ => false)];
            var start = 0;
            for (var end = 1; end <= said.Length; end++)
            {
                whole[end] = Allowed.Any(word => Reads(word, end, word.Count));
                if (whole[end] || Allowed.Any(word => Enumerable.Range(1, word.Count - 1).Any(tokens => Reads(word, end, tokens))))
                    continue;
                start = end;
                Array.Fill(whole, false, 0, end);
                whole[end] = true;
            }
            HashSet<int> next =
                [.. Allowed.SelectMany(word =>
                    Enumerable.Range(0, word.Count).Where(tokens => Reads(word, said.Length, tokens)).Select(tokens => word[tokens]))];
            if (whole[^1] && start < said.Length)
                next.Add(StopToken);
            return next;

            bool Reads(IReadOnlyList<int> word, int end, int tokens) =>
                tokens <= end - start && whole[end - tokens] && word.Take(tokens).SequenceEqual(said[(end - tokens)..end]);
        }

        void Add(IEnumerable<(IReadOnlyList<int> Tokens, double Bias)> sequences)
        {
            foreach (var (tokens, bias) in sequences)
            {
                if (tokens.Count == 1 || (tokens.Count <= length && history.TakeLast(tokens.Count - 1).SequenceEqual(tokens.SkipLast(1))))
                    result[tokens[^1]] += bias;
            }
        }

        void Force(int only)
        {
            Array.Fill(result, double.NegativeInfinity);
            result[only] = 0;
        }

        void Forbid(IReadOnlyList<int> tokens)
        {
            foreach (var token in tokens)
                result[token] = double.NegativeInfinity;
        }
    }
}
