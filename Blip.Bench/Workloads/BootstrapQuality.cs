using Blip.Datasets.Shapes;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Pipelines;

namespace Blip.Bench.Workloads;

/// <summary>Texts of one kind, and the kept ones.</summary>
internal readonly record struct KeptTexts(int Kept, int Count)
{
    public int Dropped => Count - Kept;

    /// <summary>The kept share; NaN without texts.</summary>
    public double KeptShare => (double)Kept / Count;

    /// <summary>The dropped share; NaN without texts.</summary>
    public double DroppedShare => (double)Dropped / Count;

    public static KeptTexts operator +(KeptTexts a, KeptTexts b) => new(a.Kept + b.Kept, a.Count + b.Count);
}

/// <summary>The demo captioner's and matcher's results on a noisy set with known truth.</summary>
internal sealed class BootstrapQuality
{
    /// <summary>The least ITM probability of a kept text: the authors' rule.</summary>
    public const double LeastProbability = 0.5;

    private BootstrapQuality(
        IReadOnlyDictionary<(PairTruth Truth, WrongDetail? Detail), KeptTexts> web, KeptTexts syntheticRight, KeptTexts syntheticWrong) =>
        (Web, SyntheticRight, SyntheticWrong) = (web, syntheticRight, syntheticWrong);

    /// <summary>The set's texts, by truth.</summary>
    public IReadOnlyDictionary<(PairTruth Truth, WrongDetail? Detail), KeptTexts> Web { get; }

    public KeptTexts WebRight => Sum(truth => truth == PairTruth.Right);

    /// <summary>The set's wrong texts of any kind.</summary>
    public KeptTexts WebWrong => Sum(truth => truth != PairTruth.Right);

    /// <summary>The captioner's texts that are right word for word.</summary>
    public KeptTexts SyntheticRight { get; }

    /// <summary>The captioner's other texts.</summary>
    public KeptTexts SyntheticWrong { get; }

    public KeptTexts Synthetic => SyntheticRight + SyntheticWrong;

    /// <summary>Captions a set's images, and filters texts and captions as bootstrapping does by default.</summary>
    public static BootstrapQuality Measure(
        string weights, string device, NoisyPairsOptions options, int count, CancellationToken cancellationToken = default)
    {
        var set = new NoisyPairs(options);
        var (web, synthetic) = (new List<(NoisyPair Pair, bool Kept)>(), new List<(bool Right, bool Kept)>());
        using var capfilt = CapFilt.Load(
            ModelSource.Resolve(Path.Combine(weights, "captioning")),
            ModelSource.Resolve(Path.Combine(weights, "retrieval")),
            new CapFiltOptions { Device = device });
        foreach (var batch in Enumerable.Range(0, count).Select(i => set.Pair(i)).Chunk(capfilt.BatchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var results = capfilt.Run([.. batch.Select(pair =>
                new CapFiltImage($"scene {pair.Index}", SceneRenderer.Render(pair.Scene), [pair.Text], Stream: pair.Index))]);
            foreach (var (pair, result) in batch.Zip(results))
            {
                if (result.Error is not null)
                    throw new InvalidDataException(result.Error);
                web.Add((pair, IsKept(result.Texts[0])));
                synthetic.Add((result.Captions[0].Text == pair.TrueText, IsKept(result.Captions[0])));
            }
        }
        var kept = synthetic.ToLookup(one => one.Right, one => one.Kept);
        return new BootstrapQuality(
            web.GroupBy(one => (one.Pair.Truth, one.Pair.Detail), one => one.Kept).ToDictionary(group => group.Key, Of), Of(kept[true]),
                Of(kept[false]));
    }

    private static bool IsKept(CapFiltText text) => text.MatchProbability >= LeastProbability;

    private static KeptTexts Of(IEnumerable<bool> kept)
    {
        var all = kept.ToList();
        return new KeptTexts(all.Count(one => one), all.Count);
    }

    private KeptTexts Sum(Func<PairTruth, bool> counts) =>
        Web.Where(pair => counts(pair.Key.Truth)).Aggregate(default(KeptTexts), (sum, pair) => sum + pair.Value);
}
