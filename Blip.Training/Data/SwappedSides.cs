namespace Blip.Training.Data;

/// <summary>
/// Two images that change sides in half of the cases, as the authors' nlvr_dataset.py has it: <c>left</c> and <c>right</c> of the sentence
/// change with them.
/// </summary>
internal static class SwappedSides
{
    /// <summary>The item of an epoch: as it is, or with its images swapped.</summary>
    /// <param name="item">Two images and a sentence.</param>
    /// <param name="options">The run's seed, and whether images are changed at all.</param>
    /// <param name="epoch">The epoch, from 0.</param>
    public static TrainingItem Apply(TrainingItem item, TrainingOptions options, int epoch) =>
        options.Augment == AugmentationKind.None || new SampleRandom(options.Seed, epoch, item.Key, RandomPurpose.Sides).Next() < 0.5
            ? item
            : item with { Image = item.Second!, Second = item.Image, Text = Swapped(item.Text) };

    /// <summary>A sentence about the same two images the other way round.</summary>
    /// <param name="sentence">Cleaned: words with single spaces between them.</param>
    public static string Swapped(string sentence) => string.Join(' ', sentence.Split(' ').Select(word => word switch
    {
        "left" => "right",
        "right" => "left",
        _ => word,
    }));
}
