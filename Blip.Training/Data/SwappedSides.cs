namespace Blip.Training.Data;

/// <summary>
/// Swaps two images with probability 1/2, and with them <c>left</c> and <c>right</c> in the sentence, as the authors' nlvr_dataset.py does.
/// </summary>
internal static class SwappedSides
{
    /// <summary>The item of an epoch (from 0), perhaps swapped.</summary>
    public static TrainingItem Apply(TrainingItem item, TrainingOptions options, int epoch) =>
        options.Augment == AugmentationKind.None || new SampleRandom(options.Seed, epoch, item.Key, RandomPurpose.Sides).Next() < 0.5
            ? item
            : item with { Image = item.Second!, Second = item.Image, Text = Swapped(item.Text) };

    /// <summary>A cleaned sentence (single spaces) about the same two images, swapped.</summary>
    public static string Swapped(string sentence) => string.Join(' ', sentence.Split(' ').Select(word => word switch
    {
        "left" => "right",
        "right" => "left",
        _ => word,
    }));
}
