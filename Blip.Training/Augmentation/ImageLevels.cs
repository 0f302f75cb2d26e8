using Blip.Runtime.Imaging;

namespace Blip.Training.Augmentation;

/// <summary>
/// Operations by lookup table, and sharpness. They follow salesforce/BLIP's transform/randaugment.py, but saturate where that overflows 8
/// bits.
/// </summary>
internal static class ImageLevels
{
    private const int Levels = 256, Highest = Levels - 1;

    /// <summary>Stretches each channel to 0 to 255.</summary>
    public static RgbImage AutoContrast(RgbImage image) => ByChannel(image, histogram =>
    {
        var (low, high) = (Array.FindIndex(histogram, count => count > 0), Array.FindLastIndex(histogram, count => count > 0));
        if (high <= low)
            return null;
        var scale = 255.0 / (high - low);
        return Table(level => Math.Clamp((level * scale) - (low * scale), 0, Highest));
    });

    /// <summary>Equalizes each channel's histogram, as Pillow does.</summary>
    public static RgbImage Equalize(RgbImage image) => ByChannel(image, histogram =>
    {
        // Pillow leaves the highest occurring level out of the sum.
        var last = Array.FindLastIndex(histogram, count => count > 0);
        var step = histogram[..last].Sum() / 255;
        if (step == 0)
            return null;
        var table = new byte[Levels];
        var sum = step / 2;
        for (var level = 0; level < Levels; level++)
        {
            table[level] = (byte)Math.Min(sum / step, Highest);
            sum += histogram[level];
        }
        return table;
    });

    public static RgbImage Brightness(RgbImage image, double factor)
    {
        var table = Table(level => Math.Clamp(level * (float)factor, 0, Highest));
        return ByChannel(image, _ => table);
    }

    /// <summary>
    /// Blends with a copy that is smoothed over 3 × 3 pixels: factor 0 is the copy, 1 the image. Border pixels keep their levels, except at
    /// factor 0.
    /// </summary>
    public static RgbImage Sharpness(RgbImage image, double factor)
    {
        var soft = Soften(image);
        if (factor == 0)
            return soft;
        var (from, to) = (image.Pixels, (byte[])image.Pixels.Clone());
        var row = 3 * image.Width;
        for (var y = 1; y < image.Height - 1; y++)
        {
            for (var i = (y * row) + 3; i < ((y + 1) * row) - 3; i++)
            {
                var sharper = (float)factor * (from[i] - soft.Pixels[i]);
                to[i] = (byte)Math.Clamp(soft.Pixels[i] + sharper, 0, Highest);
            }
        }
        return new RgbImage(image.Width, image.Height, to);
    }

    // The weights are 1, and 5 in the middle, over 13. Beyond the border the image is mirrored without repeating the border pixels.
    private static RgbImage Soften(RgbImage image)
    {
        var (from, to) = (image.Pixels, new byte[image.Pixels.Length]);
        for (var y = 0; y < image.Height; y++)
        {
            ReadOnlySpan<int> rows = [Mirrored(y - 1, image.Height), y, Mirrored(y + 1, image.Height)];
            for (var x = 0; x < image.Width; x++)
            {
                ReadOnlySpan<int> columns = [Mirrored(x - 1, image.Width), x, Mirrored(x + 1, image.Width)];
                for (var channel = 0; channel < 3; channel++)
                {
                    var middle = (3 * ((y * image.Width) + x)) + channel;
                    var sum = 4 * from[middle];
                    foreach (var row in rows)
                    {
                        foreach (var column in columns)
                            sum += from[(3 * ((row * image.Width) + column)) + channel];
                    }
                    // 13 is odd, so no sum is halfway between two levels.
                    to[middle] = (byte)((sum + 6) / 13);
                }
            }
        }
        return new RgbImage(image.Width, image.Height, to);
    }

    private static int Mirrored(int at, int length) => length == 1 ? 0 : at < 0 ? -at : at >= length ? (2 * length) - 2 - at : at;

    private static byte[] Table(Func<int, double> of)
    {
        var table = new byte[Levels];
        for (var level = 0; level < Levels; level++)
            table[level] = (byte)of(level);
        return table;
    }

    // A null table leaves the channel unchanged.
    private static RgbImage ByChannel(RgbImage image, Func<int[], byte[]?> table)
    {
        var pixels = (byte[])image.Pixels.Clone();
        for (var channel = 0; channel < 3; channel++)
        {
            var histogram = new int[Levels];
            for (var i = channel; i < pixels.Length; i += 3)
                histogram[pixels[i]]++;
            if (table(histogram) is not { } levels)
                continue;
            for (var i = channel; i < pixels.Length; i += 3)
                pixels[i] = levels[pixels[i]];
        }
        return new RgbImage(image.Width, image.Height, pixels);
    }
}
