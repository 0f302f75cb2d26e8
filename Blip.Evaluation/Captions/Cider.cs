namespace Blip.Evaluation;

/// <summary>CIDEr-D: similarity of TF-IDF vectors of n-grams (Vedantam et al. 2015, section 4), σ = 6.</summary>
internal static class Cider
{
    private const double Sigma = 6, Scale = 10;

    /// <summary>The score of each caption. Document frequencies come from the given references.</summary>
    public static List<double> Score(IReadOnlyList<CountedCaption> captions)
    {
        var frequencies = DocumentFrequencies(captions);
        var logCount = Math.Log(captions.Count);
        return [.. captions.AsParallel().AsOrdered().Select(caption =>
        {
            var candidate = new Vector(caption.Candidate, frequencies, logCount);
            return Scale * caption.References.Average(reference => Likeness(candidate, new Vector(reference, frequencies, logCount)));
        })];
    }

    // The number of images with an n-gram in their references.
    private static Dictionary<string, int> DocumentFrequencies(IReadOnlyList<CountedCaption> captions)
    {
        var frequencies = new Dictionary<string, int>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var caption in captions)
        {
            seen.Clear();
            foreach (var reference in caption.References)
            {
                for (var length = 1; length <= NGrams.Longest; length++)
                    seen.UnionWith(reference.Of(length).Keys);
            }
            foreach (var run in seen)
                frequencies[run] = frequencies.GetValueOrDefault(run) + 1;
        }
        return frequencies;
    }

    // Mean over n: cosine with clipped weights, and a penalty for a difference in length.
    private static double Likeness(Vector candidate, Vector reference)
    {
        double difference = candidate.Pairs - reference.Pairs;
        var penalty = Math.Exp(-(difference * difference) / (2 * Sigma * Sigma));
        var sum = 0.0;
        for (var i = 0; i < NGrams.Longest; i++)
        {
            var product = 0.0;
            foreach (var (run, weight) in candidate.Weights[i])
            {
                var other = reference.Weights[i].GetValueOrDefault(run);
                product += Math.Min(weight, other) * other;
            }
            var norms = candidate.Norms[i] * reference.Norms[i];
            sum += (norms > 0 ? product / norms : product) * penalty;
        }
        return sum / NGrams.Longest;
    }

    private sealed class Vector
    {
        public Vector(NGrams runs, Dictionary<string, int> frequencies, double logCount)
        {
            for (var i = 0; i < NGrams.Longest; i++)
            {
                var weights = new Dictionary<string, double>(StringComparer.Ordinal);
                var squares = 0.0;
                foreach (var (run, count) in runs.Of(i + 1))
                {
                    var weight = count * (logCount - Math.Log(Math.Max(1, frequencies.GetValueOrDefault(run))));
                    weights[run] = weight;
                    squares += weight * weight;
                }
                (Weights[i], Norms[i]) = (weights, Math.Sqrt(squares));
            }
            // The evaluation code takes the number of bigrams as the caption's length.
            Pairs = runs.Runs(2);
        }

        public Dictionary<string, double>[] Weights { get; } = new Dictionary<string, double>[NGrams.Longest];

        public double[] Norms { get; } = new double[NGrams.Longest];

        public int Pairs { get; }
    }
}
