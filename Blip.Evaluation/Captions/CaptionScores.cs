namespace Blip.Evaluation;

/// <summary>Scores of one caption or of a set.</summary>
/// <param name="Bleu">BLEU-1 to BLEU-4 (Papineni et al. 2002), 0 to 1.</param>
/// <param name="RougeL">ROUGE-L (Lin 2004) with β = 1.2, 0 to 1.</param>
/// <param name="Cider">CIDEr-D (Vedantam et al. 2015), 0 to 10; papers print it times 100.</param>
public sealed record CaptionScores(IReadOnlyList<double> Bleu, double RougeL, double Cider)
{
    /// <summary>The scores by name, in the COCO evaluation's order.</summary>
    public IEnumerable<KeyValuePair<string, double>> Named
    {
        get
        {
            for (var n = 0; n < Bleu.Count; n++)
                yield return new($"BLEU-{n + 1}", Bleu[n]);
            yield return new("ROUGE-L", RougeL);
            yield return new("CIDEr", Cider);
        }
    }
}
