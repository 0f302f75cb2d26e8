using Blip.Datasets.Shapes;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;

namespace Blip.Bench.Works;

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

/// <summary>What the demo captioner and the demo matcher make of a noisy set whose truth is known.</summary>
internal sealed class BootstrapQuality
{
    /// <summary>The least ITM probability of a text that is kept: the authors' rule.</summary>
    public const double LeastProbability = 0.5;

    private BootstrapQuality(
        IReadOnlyDictionary<(PairTruth Truth, WrongDetail? Detail), KeptTexts> web, KeptTexts syntheticRight, KeptTexts syntheticWrong) =>
        (Web, SyntheticRight, SyntheticWrong) = (web, syntheticRight, syntheticWrong);

    /// <summary>The set's own texts by what is true of them.</summary>
    public IReadOnlyDictionary<(PairTruth Truth, WrongDetail? Detail), KeptTexts> Web { get; }

    /// <summary>The set's right texts.</summary>
    public KeptTexts WebRight => Sum(truth => truth == PairTruth.Right);

    /// <summary>The set's wrong texts, of whatever kind.</summary>
    public KeptTexts WebWrong => Sum(truth => truth != PairTruth.Right);

    /// <summary>The captioner's texts that are right word for word.</summary>
    public KeptTexts SyntheticRight { get; }

    /// <summary>The captioner's other texts.</summary>
    public KeptTexts SyntheticWrong { get; }

    /// <summary>All of the captioner's texts.</summary>
    public KeptTexts Synthetic => SyntheticRight + SyntheticWrong;

    /// <summary>Captions the images of a set, and filters the set's texts and the captions by one rule.</summary>
    /// <param name="weights">The folder <c>weights</c>.</param>
    /// <param name="device">Where the models run.</param>
    /// <param name="options">The set.</param>
    /// <param name="count">Images of the set.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static async Task<BootstrapQuality> MeasureAsync(
        string weights, string device, NoisyPairsOptions options, int count, CancellationToken cancellationToken = default)
    {
        var set = new NoisyPairs(options);
        NoisyPair[] pairs = [.. Enumerable.Range(0, count).Select(i => set.Pair(i))];
        ImageSource[] images = [.. pairs.Select(pair => ImageSource.FromPixels(SceneRenderer.Render(pair.Scene), $"scene {pair.Index}"))];
        var captions = Caption(Path.Combine(weights, "captioning"), device, options.Seed, images, cancellationToken);
        using var matcher = Matcher.Load(Path.Combine(weights, "retrieval"), new MatcherOptions { Device = device });
        var webKept = await KeptAsync(matcher, images, [.. pairs.Select(pair => pair.Text)], cancellationToken);
        var captionsKept = await KeptAsync(matcher, images, captions, cancellationToken);
        var web = pairs.Zip(webKept)
            .GroupBy(one => (one.First.Truth, one.First.Detail), one => one.Second)
            .ToDictionary(group => group.Key, Of);
        var synthetic = pairs.Zip(captions, captionsKept).ToLookup(one => one.First.TrueText == one.Second, one => one.Third);
        return new BootstrapQuality(web, Of(synthetic[true]), Of(synthetic[false]));
    }

    private static KeptTexts Of(IEnumerable<bool> kept)
    {
        var all = kept.ToList();
        return new KeptTexts(all.Count(one => one), all.Count);
    }

    // Each image has a seed of its own: with one seed for all, every image's words would be drawn by the same numbers.
    private static string[] Caption(string model, string device, long seed, ImageSource[] images, CancellationToken cancellationToken)
    {
        var sampling = Captioner.DefaultsOf(ModelSource.Resolve(model), Compat.Original, sampling: true);
        using var captioner = Captioner.Load(model, new CaptionerOptions { Device = device, Compat = Compat.Original });
        return [.. images.Select((image, i) => captioner.Caption(image, With(i), cancellationToken).Text!)];

        CaptionOptions With(int i) => new() { Generation = sampling with { Seed = ((ulong)seed << 32) + (ulong)i } };
    }

    private static async Task<List<bool>> KeptAsync(
        Matcher matcher, ImageSource[] images, string[] texts, CancellationToken cancellationToken)
    {
        var pairs = images.Zip(texts, (image, text) => new ImageText(image, text)).ToAsyncEnumerable();
        var options = new MatchOptions { EncoderToken = true, MaxTextTokens = 35 };
        var kept = new List<bool>(images.Length);
        await foreach (var result in matcher.MatchPairsAsync(pairs, options, cancellationToken))
        {
            if (!result.Succeeded)
                throw new InvalidDataException(result.Error);
            kept.Add(result.Matches[0].MatchProbability >= LeastProbability);
        }
        return kept;
    }

    private KeptTexts Sum(Func<PairTruth, bool> counts) =>
        Web.Where(pair => counts(pair.Key.Truth)).Aggregate(default(KeptTexts), (sum, pair) => sum + pair.Value);
}
