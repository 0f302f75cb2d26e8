namespace Blip.Evaluation;

/// <summary>BLEU as in the COCO evaluation: the closest reference length, and two tiny numbers instead of smoothing.</summary>
internal static class Bleu
{
    // Guards of the evaluation code against 0 / 0, which affect scores without a match.
    private const double Small = 1e-9, Tiny = 1e-15;

    /// <summary>BLEU-1 to BLEU-4 of all captions together, and of each.</summary>
    public static (double[] Corpus, List<double[]> Items) Score(IReadOnlyList<CountedCaption> captions)
    {
        var (correct, guesses) = (new long[NGrams.Longest], new long[NGrams.Longest]);
        var (words, referenceWords) = (0L, 0L);
        var items = new List<double[]>(captions.Count);
        foreach (var caption in captions)
        {
            var matches = Matches(caption);
            var closest = ClosestLength(caption);
            var runs = Enumerable.Range(1, NGrams.Longest).Select(length => (long)caption.Candidate.Runs(length)).ToArray();
            items.Add(Scores(matches, runs, caption.Candidate.Words, closest));
            for (var i = 0; i < NGrams.Longest; i++)
            {
                correct[i] += matches[i];
                guesses[i] += runs[i];
            }
            words += caption.Candidate.Words;
            referenceWords += closest;
        }
        return (Scores(correct, guesses, words, referenceWords), items);
    }

    // N-grams shared with a reference, at most as often as in any one reference.
    private static long[] Matches(CountedCaption caption)
    {
        var matches = new long[NGrams.Longest];
        for (var length = 1; length <= NGrams.Longest; length++)
        {
            foreach (var (run, count) in caption.Candidate.Of(length))
                matches[length - 1] += Math.Min(count, caption.References.Max(reference => reference.Of(length).GetValueOrDefault(run)));
        }
        return matches;
    }

    // On a tie, the shorter.
    private static int ClosestLength(CountedCaption caption) =>
        caption.References.Select(reference => reference.Words).OrderBy(length => Math.Abs(length - caption.Candidate.Words))
            .ThenBy(length => length).First();

    // Geometric mean of the precisions times the brevity penalty (Papineni et al. 2002, section 2.3).
    private static double[] Scores(long[] correct, long[] guesses, long words, long referenceWords)
    {
        var scores = new double[NGrams.Longest];
        var ratio = (words + Tiny) / (referenceWords + Small);
        var penalty = ratio < 1 ? Math.Exp(1 - (1 / ratio)) : 1;
        var product = 1.0;
        for (var i = 0; i < scores.Length; i++)
        {
            product *= (correct[i] + Tiny) / (guesses[i] + Small);
            scores[i] = Math.Pow(product, 1.0 / (i + 1)) * penalty;
        }
        return scores;
    }
}
