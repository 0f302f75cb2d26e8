namespace Blip.Training.Objectives;

/// <summary>
/// Draws hard negatives in proportion to similarity (ALBEF, Li et al. 2021, section 3.2). A floor is added to each probability: 1e-4 in the
/// authors' pre-training, 0 in their fine-tuning. The draws depend on the run's seed, the step and the batch alone.
/// </summary>
internal sealed class NegativeSampler(long seed, long step, int part, double floor)
{
    /// <summary>No negative, since all pairs of the batch have the same image.</summary>
    public const int None = -1;

    /// <summary>Draws a text for each image, and an image for each text. Pairs with the same key are no negatives of each other.</summary>
    public HardNegatives Choose(Similarities similar, IReadOnlyList<int> keys)
    {
        var random = new SampleRandom(seed, part, $"step {step}", RandomPurpose.Negatives);
        var texts = new int[keys.Count];
        var images = new int[keys.Count];
        for (var row = 0; row < keys.Count; row++)
            texts[row] = Draw(similar.ImageToText.AsSpan(row * keys.Count, keys.Count), keys, row, random.Next());
        for (var row = 0; row < keys.Count; row++)
            images[row] = Draw(similar.TextToImage.AsSpan(row * keys.Count, keys.Count), keys, row, random.Next());
        return new HardNegatives(texts, images);
    }

    private int Draw(ReadOnlySpan<double> similar, IReadOnlyList<int> keys, int row, double at)
    {
        var largest = double.NegativeInfinity;
        foreach (var one in similar)
            largest = Math.Max(largest, one);
        var weights = new double[similar.Length];
        var sum = 0.0;
        for (var i = 0; i < weights.Length; i++)
            sum += weights[i] = Math.Exp(similar[i] - largest);
        var (total, last) = (0.0, None);
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = keys[i] == keys[row] ? 0 : (weights[i] / sum) + floor;
            total += weights[i];
            last = keys[i] == keys[row] ? last : i;
        }
        // Rounding may leave a remainder after the last one. If all weights are zero, any negative will do.
        for (var (i, left) = (0, at * total); i < weights.Length; left -= weights[i++])
        {
            if (left < weights[i])
                return i;
        }
        return last;
    }
}
