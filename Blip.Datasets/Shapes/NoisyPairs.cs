namespace Blip.Datasets.Shapes;

/// <summary>
/// An endless noisy "web" set of drawn scenes with known truth: texts that are right, wrong in one detail, or another image's. A pair
/// depends on options and index alone, so a larger set begins with the same pairs.
/// </summary>
/// <example>
/// <code>
/// await new NoisyPairs(new NoisyPairsOptions { Seed = 7 }).WriteAsync("web");
/// </code>
/// </example>
public sealed partial class NoisyPairs
{
    private const ulong Purpose = 2;

    // Other images' texts come from this many scenes of the same generator.
    private const int Pool = 1 << 20;

    private readonly NoisyPairsOptions options;
    private readonly SceneGenerator scenes;

    /// <summary>A set.</summary>
    /// <param name="options">Seed, shares and details; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public NoisyPairs(NoisyPairsOptions? options = null)
    {
        this.options = (options ?? new NoisyPairsOptions()).Validated();
        scenes = new SceneGenerator(this.options.Seed, this.options.Scenes);
    }

    /// <summary>One pair.</summary>
    /// <param name="index">The index, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is negative.</exception>
    public NoisyPair Pair(long index)
    {
        var scene = scenes.Scene(index);
        var caption = ShapeCaption.Of(scene);
        var random = new SceneRandom(options.Seed, Purpose, index);
        var draw = random.Share();
        if (draw < options.RightShare)
            return new NoisyPair(index, scene, caption.Text, caption.Text, PairTruth.Right, null);
        if (draw >= options.RightShare + options.DetailShare)
            return new NoisyPair(index, scene, OtherText(random, caption), caption.Text, PairTruth.Other, null);
        var detail = Detail(random, caption);
        return new NoisyPair(
            index, scene, WrongCaption.Of(caption, detail, random, options.Scenes).Text, caption.Text, PairTruth.Detail, detail);
    }

    // Equal scenes exist; a true text is not another image's.
    private string OtherText(SceneRandom random, ShapeCaption caption)
    {
        while (true)
        {
            var other = ShapeCaption.Of(scenes.Scene(random.Below(Pool)));
            if (other != caption)
                return other.Text;
        }
    }

    private WrongDetail Detail(SceneRandom random, ShapeCaption caption)
    {
        // In the enum's order, since a dictionary's is not defined.
        var weights = Enum.GetValues<WrongDetail>()
            .Where(detail => caption.Second is not null || !NoisyPairsOptions.NeedsTwo(detail))
            .Select(detail => (Detail: detail, Weight: options.DetailWeights.GetValueOrDefault(detail)))
            .Where(pair => pair.Weight > 0)
            .ToList();
        var left = random.Share() * weights.Sum(pair => pair.Weight);
        foreach (var (detail, weight) in weights)
        {
            left -= weight;
            if (left < 0)
                return detail;
        }
        return weights[^1].Detail;
    }
}
