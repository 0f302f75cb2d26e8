using Blip.Runtime.Imaging;

namespace Blip.Training.Augmentation;

/// <summary>
/// A random box as torchvision's RandomResizedCrop draws it: a share of the area, and a ratio from 3:4 to 4:3, uniform in its logarithm.
/// </summary>
internal static class RandomResizedCrop
{
    private const int Tries = 10;
    private const double NarrowestRatio = 3.0 / 4, WidestRatio = 4.0 / 3;

    /// <summary>Draws a box. Its least share of the area, <paramref name="minScale"/>, is above 0 and at most 1.</summary>
    public static CropBox Draw(int width, int height, double minScale, SampleRandom random)
    {
        var area = (double)width * height;
        for (var i = 0; i < Tries; i++)
        {
            var target = area * random.Between(minScale, 1);
            var ratio = Math.Exp(random.Between(Math.Log(NarrowestRatio), Math.Log(WidestRatio)));
            var (w, h) = ((int)Math.Round(Math.Sqrt(target * ratio)), (int)Math.Round(Math.Sqrt(target / ratio)));
            if (w > 0 && w <= width && h > 0 && h <= height)
            {
                var top = random.Below(height - h + 1);
                return new CropBox(random.Below(width - w + 1), top, w, h);
            }
        }
        return Middle(width, height);
    }

    public static RgbImage Apply(RgbImage image, int size, double minScale, SampleRandom random) =>
        ImageCrop.Resize(image, Draw(image.Width, image.Height, minScale, random), size, size);

    private static CropBox Middle(int width, int height)
    {
        var ratio = (double)width / height;
        var w = ratio > WidestRatio ? (int)Math.Round(height * WidestRatio) : width;
        var h = ratio < NarrowestRatio ? (int)Math.Round(width / NarrowestRatio) : height;
        return new CropBox((width - w) / 2, (height - h) / 2, w, h);
    }
}
