namespace Blip.Evaluation;

/// <summary>BLEU, ROUGE-L and CIDEr as in the COCO caption evaluation code (Chen et al. 2015, arXiv:1504.00325).</summary>
/// <remarks>METEOR and SPICE are missing: they need a Java program.</remarks>
public static class CaptionMetrics
{
    /// <summary>Tokenizes and scores captions.</summary>
    /// <param name="samples">The captions. CIDEr weighs words by all references: scores of parts do not add up to the whole's.</param>
    /// <exception cref="ArgumentException">There are no samples, or one has no reference.</exception>
    public static CaptionReport Score(IReadOnlyList<CaptionSample> samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        return ScoreTokenized([.. samples.AsParallel().AsOrdered().Select(sample =>
            new CaptionSample(PtbTokenizer.Tokenize(sample.Candidate), [.. sample.References.Select(PtbTokenizer.Tokenize)]))]);
    }

    /// <summary>Scores tokenized captions, with single blanks between tokens.</summary>
    /// <inheritdoc cref="Score"/>
    public static CaptionReport ScoreTokenized(IReadOnlyList<CaptionSample> samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        if (samples.Count == 0)
            throw new ArgumentException("There are no captions to score.", nameof(samples));
        for (var i = 0; i < samples.Count; i++)
        {
            if (samples[i].References.Count == 0)
                throw new ArgumentException(
                    $"Caption {i} ('{samples[i].Candidate}') has no reference to be compared with.", nameof(samples));
        }
        var counted = samples.Select(sample =>
            new CountedCaption(new NGrams(sample.Candidate), [.. sample.References.Select(text => new NGrams(text))])).ToList();
        var (bleu, bleus) = Bleu.Score(counted);
        var rouges = samples.Select(RougeL.Score).ToList();
        var ciders = Cider.Score(counted);
        return new CaptionReport(
            new CaptionScores(bleu, rouges.Average(), ciders.Average()),
            [.. samples.Select((_, i) => new CaptionScores(bleus[i], rouges[i], ciders[i]))]);
    }
}
