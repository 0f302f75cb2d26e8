using System.Text.RegularExpressions;
using Blip.Runtime.Imaging;

namespace Blip.Training.Augmentation;

/// <summary>
/// An image as a step of training sees it, before its levels become numbers: a random crop, mirrored or not, then two random operations
/// (arXiv 2201.12086, section 4.1; salesforce/BLIP, data/__init__.py). Without augmentation it is resized to the model's square.
/// </summary>
/// <param name="size">Side of the square.</param>
/// <param name="minScale">Least share of the image that a crop keeps: 0.2 in pre-training, 0.5 in fine-tuning.</param>
/// <param name="augment">False: the image is resized alone.</param>
/// <param name="flip">False: no image is mirrored.</param>
/// <param name="seed">The run's seed.</param>
internal sealed partial class TrainingTransform(int size, double minScale, bool augment, bool flip, long seed)
{
    /// <summary>Whether a text names a side, so that its image must not be mirrored.</summary>
    public static bool NamesASide(string text) => Sides().IsMatch(text);

    /// <summary>The image of a sample in an epoch.</summary>
    /// <param name="image">The decoded image.</param>
    /// <param name="texts">Its texts.</param>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="key">The sample's name in the data set.</param>
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
