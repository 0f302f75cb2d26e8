using Blip.Kernels;

namespace Blip.Verification.References;

/// <summary>
/// The tokens of a row that the filters of <see cref="SamplingFilters"/> keep, by full sorts. Where rounding may decide, <c>slack</c> moves
/// the limit. Tokens kept with a negative slack must be kept; tokens dropped with a positive one must be dropped.
/// </summary>
internal static class SamplingFiltersReference
{
    /// <summary>Probabilities; zeros for a row without a finite score.</summary>
    public static double[] Softmax(double[] scores) =>
        [.. LogSoftmaxReference.Row(scores).LogProbabilities.Select(Math.Exp)];

    /// <summary>-Σ p log p.</summary>
    public static double Entropy(double[] scores) =>
        Softmax(scores).Sum(p => p > 0 ? -p * Math.Log(p) : 0);

    /// <summary>The k highest scores and ties with the last; 0 keeps all.</summary>
    public static bool[] TopK(double[] scores, int k, int least)
    {
        if (k == 0)
            return [.. scores.Select(_ => true)];
        var threshold = scores.OrderDescending().ElementAt(Math.Min(Math.Max(k, least), scores.Length) - 1);
        return [.. scores.Select(score => score >= threshold)];
    }

    /// <summary>
    /// The best of the 100 highest scores (and ties), while their sum of -p log p is at most this share of the group's entropy. The best
    /// always stays. Of ties the lower token comes first.
    /// </summary>
    public static bool[] TopH(double[] scores, double h, double slack = 0)
    {
        var members = TopK(scores, SamplingFilters.TopHTokens, least: 1);
        var falling = Enumerable.Range(0, scores.Length).Where(token => members[token]).OrderByDescending(token => scores[token]).ToArray();
        var terms = Softmax([.. falling.Select(token => scores[token])]).Select(p => p > 0 ? -p * Math.Log(p) : 0).ToArray();
        var limit = (h * terms.Sum()) + (slack * (1 + terms.Sum()));
        var kept = new bool[scores.Length];
        var sum = 0.0;
        foreach (var (i, token) in falling.Index())
        {
            sum += terms[i];
            kept[token] = i == 0 || sum <= limit;
        }
        return kept;
    }

    /// <summary>Drops the least likely tokens while their probabilities sum to at most 1 - p. Of ties the lower token goes first.</summary>
    public static bool[] TopP(double[] scores, double p, int least, double slack = 0)
    {
        var probabilities = Softmax(scores);
        var rising = Enumerable.Range(0, scores.Length).OrderBy(token => scores[token]).ToArray();
        var kept = new bool[scores.Length];
        var sum = 0.0;
        for (var i = 0; i < rising.Length; i++)
        {
            sum += probabilities[rising[i]];
            kept[rising[i]] = sum > 1 - p - slack || i >= rising.Length - least;
        }
        return kept;
    }

    /// <summary>Tokens at least p times as likely as the likeliest.</summary>
    public static bool[] MinP(double[] scores, double p, int least, double slack = 0)
    {
        var probabilities = Softmax(scores);
        var limit = p * probabilities.Max() * (1 - slack);
        var first = Enumerable.Range(0, scores.Length).OrderByDescending(token => scores[token]).Take(least).ToArray();
        // Scores equal to the best are equally likely despite rounding.
        return [.. probabilities.Select(
            (probability, token) => probability >= limit || scores[token] == scores[first[0]] || first.Contains(token))];
    }

    /// <summary>
    /// Tokens whose surprise is nearest the entropy, until their probabilities reach p. One slack moves the sum, the other the distance.
    /// </summary>
    public static bool[] Typical(double[] scores, double p, int least, double slack = 0, double distanceSlack = 0)
    {
        var (logProbabilities, entropy) = (LogSoftmaxReference.Row(scores).LogProbabilities, Entropy(scores));
        var distances = logProbabilities.Select(log => Math.Abs(-log - entropy)).ToArray();
        var nearest = Enumerable.Range(0, scores.Length).OrderBy(token => distances[token]).ToArray();
        var (last, sum) = (0, Math.Exp(logProbabilities[nearest[0]]));
        for (; last < nearest.Length - 1 && sum < p + slack; last++)
            sum += Math.Exp(logProbabilities[nearest[last + 1]]);
        var limit = distances[nearest[last]] + distanceSlack;
        var first = nearest.Take(least).ToArray();
        // Equal scores are equally far despite rounding.
        return [.. distances.Select((distance, token) =>
            distance <= limit || scores[token] == scores[nearest[last]] || first.Contains(token))];
    }

    /// <summary>Tokens of at least this probability.</summary>
    public static bool[] Epsilon(double[] scores, double epsilon, int least, double slack = 0)
    {
        var lowest = scores.OrderDescending().ElementAt(Math.Min(least, scores.Length) - 1);
        return [.. Softmax(scores).Select((p, token) => p >= epsilon * (1 - slack) || scores[token] >= lowest)];
    }

    /// <summary>As <see cref="Epsilon"/> with the limit min(η, √η · exp(-entropy)).</summary>
    public static bool[] Eta(double[] scores, double eta, int least, double slack = 0) =>
        Epsilon(scores, Math.Min(eta, Math.Sqrt(eta) * Math.Exp(-Entropy(scores))), least, slack);
}
