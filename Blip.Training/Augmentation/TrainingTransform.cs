using System.Text.RegularExpressions;
using Blip.Runtime.Imaging;

namespace Blip.Training.Augmentation;

/// <summary>
/// The augmentation of training: a random crop, perhaps mirrored, then two random operations (arXiv 2201.12086, section 4.1;
/// salesforce/BLIP, data/__init__.py). Without augmentation the image is resized alone.
/// </summary>
/// <param name="size">Side of the square.</param>
/// <param name="minScale">Least share of the image that a crop keeps: 0.2 in pre-training, 0.5 in fine-tuning.</param>
/// <param name="augment">False: the image is resized alone.</param>
/// <param name="flip">False: no image is mirrored.</param>
/// <param name="seed">The run's seed.</param>
internal sealed partial class TrainingTransform(int size, double minScale, bool augment, bool flip, long seed)
{
    /// <summary>Whether a text names a side: its image must not be mirrored.</summary>
    public static bool NamesASide(string text) => Sides().IsMatch(text);

    /// <summary>The image of a sample in an epoch (from 0); <paramref name="key"/> names the sample in the data set.</summary>
    public RgbImage Apply(RgbImage image, IEnumerable<string> texts, int epoch, string key)
    {
        if (!augment)
            return ImageCrop.Resize(image, size, size);
        image = RandomResizedCrop.Apply(image, size, minScale, Random(RandomPurpose.Crop));
        if (flip && Random(RandomPurpose.Flip).Next() < 0.5 && !texts.Any(NamesASide))
            image = ImageCrop.Flip(image);
        return RandomAugment.Apply(image, Random(RandomPurpose.Operations));

        SampleRandom Random(RandomPurpose purpose) => new(seed, epoch, key, purpose);
    }

    [GeneratedRegex(@"\b(?:left|right)(?:most|ward|wards|hand)?\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Sides();
}
