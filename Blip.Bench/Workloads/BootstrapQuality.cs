using Blip.Datasets.Shapes;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Pipelines;

namespace Blip.Bench.Workloads;

/// <summary>Texts of one kind, and how many of them the filter kept.</summary>
/// <param name="Kept">Texts that the filter kept.</param>
/// <param name="Count">Texts.</param>
internal readonly record struct KeptTexts(int Kept, int Count)
{
    /// <summary>Texts that the filter dropped.</summary>
    public int Dropped => Count - Kept;

    /// <summary>Kept of all; not a number where there are none.</summary>
    public double KeptShare => (double)Kept / Count;

    /// <summary>Dropped of all; not a number where there are none.</summary>
    public double DroppedShare => (double)Dropped / Count;

    /// <summary>Both together.</summary>
    public static KeptTexts operator +(KeptTexts a, KeptTexts b) => new(a.Kept + b.Kept, a.Count + b.Count);
}

/// <summary>The results of the demo captioner and the demo matcher on a noisy set whose truth is known.</summary>
internal sealed class BootstrapQuality
{
    /// <summary>The least ITM probability of a text that is kept: the authors' rule.</summary>
    public const double LeastProbability = 0.5;

    private BootstrapQuality(
        IReadOnlyDictionary<(PairTruth Truth, WrongDetail? Detail), KeptTexts> web, KeptTexts syntheticRight, KeptTexts syntheticWrong) =>
        (Web, SyntheticRight, SyntheticWrong) = (web, syntheticRight, syntheticWrong);

    /// <summary>The set's own texts, by their truth.</summary>
    public IReadOnlyDictionary<(PairTruth Truth, WrongDetail? Detail), KeptTexts> Web { get; }

    /// <summary>The set's right texts.</summary>
    public KeptTexts WebRight => Sum(truth => truth == PairTruth.Right);

    /// <summary>The set's wrong texts, of any kind.</summary>
    public KeptTexts WebWrong => Sum(truth => truth != PairTruth.Right);

    /// <summary>The captioner's texts that are right word for word.</summary>
    public KeptTexts SyntheticRight { get; }

    /// <summary>The captioner's other texts.</summary>
    public KeptTexts SyntheticWrong { get; }

    /// <summary>All of the captioner's texts.</summary>
    public KeptTexts Synthetic => SyntheticRight + SyntheticWrong;

    /// <summary>Captions the images of a set, and filters the set's texts and the captions, as a run of bootstrapping does by default.</summary>
    /// <param name="weights">The folder <c>weights</c>.</param>
    /// <param name="device">Where the models run.</param>
    /// <param name="options">The set.</param>
    /// <param name="count">Images of the set.</param>
    /// <param name="cancellationToken">Ends the work before the next batch.</param>
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
            web.GroupBy(one => (one.Pair.Truth, one.Pair.Detail), one => one.Kept).ToDictionary(group => group.Key, Of), Of(kept[true]), Of(kept[false]));
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
