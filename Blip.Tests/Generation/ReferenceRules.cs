using Blip.Kernels;
using Blip.Runtime.Generation;

namespace Blip.Tests.Generation;

/// <summary>The rules of generation on one row, in double and as plainly as they can be written.</summary>
internal static class ReferenceRules
{
    /// <summary>Everything up to the sampling filters.</summary>
    public static double[] Apply(double[] scores, IReadOnlyList<int> history, int prompt, GenerationOptions options, SpecialTokens specials)
    {
        scores = [.. scores];
        var length = history.Count;
        Bias(options.SequenceBias.Select(bias => (bias.Tokens, bias.Bias)));
        if (options.RepetitionPenalty != 1)
        {
            foreach (var token in history.Distinct())
                scores[token] = scores[token] < 0 ? scores[token] * options.RepetitionPenalty : scores[token] / options.RepetitionPenalty;
        }
        var n = options.NoRepeatNgramSize;
        if (n > 0)
        {
            for (var start = 0; start + n <= length; start++)
            {
                if (history.Skip(start).Take(n - 1).SequenceEqual(history.TakeLast(n - 1)))
                    scores[history[start + n - 1]] = double.NegativeInfinity;
            }
        }
        Bias(options.BadWordsIds.Where(word => !(word.Count == 1 && word[0] == specials.Stop)).Select(word => (word, double.NegativeInfinity)));
        if (length < options.MinLength || length - prompt < (options.MinNewTokens ?? 0))
            scores[specials.Stop] = double.NegativeInfinity;
        if (options.ForcedBosTokenId is { } first && length == 1)
            Force(first);
        if (options.ForcedEosTokenId is { } last && length == options.LengthLimit(prompt) - 1)
            Force(last);
        if (options.ExponentialDecayLengthPenalty is { } decay && length > prompt + decay.Start && !double.IsNegativeInfinity(scores[specials.Stop]))
            scores[specials.Stop] += Math.Abs(scores[specials.Stop]) * (Math.Pow(decay.Factor, length - prompt - decay.Start) - 1);
        foreach (var token in options.SuppressTokens)
            scores[token] = double.NegativeInfinity;
        if (length == (prompt == 1 && options.ForcedBosTokenId is not null ? 2 : prompt))
        {
            foreach (var token in options.BeginSuppressTokens)
                scores[token] = double.NegativeInfinity;
        }
        return scores;

        void Bias(IEnumerable<(IReadOnlyList<int> Tokens, double Bias)> sequences)
        {
            foreach (var (tokens, bias) in sequences)
            {
                if (tokens.Count == 1 || (tokens.Count <= length && history.TakeLast(tokens.Count - 1).SequenceEqual(tokens.SkipLast(1))))
                    scores[tokens[^1]] += bias;
            }
        }

        void Force(int only)
        {
            Array.Fill(scores, double.NegativeInfinity);
            scores[only] = 0;
        }
    }

    /// <summary>Log-probabilities.</summary>
    public static double[] LogSoftmax(IEnumerable<double> scores) => LogSoftmaxReference.Row([.. scores]).LogProbabilities;
}
