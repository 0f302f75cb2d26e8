using Blip.Kernels;
using Blip.Runtime.Imaging;

namespace Blip.Training.Augmentation;

/// <summary>A box of pixels within an image.</summary>
internal readonly record struct CropBox(int Left, int Top, int Width, int Height);

/// <summary>
/// Cuts, resizes and mirrors images on the CPU. The resize equals Pillow's, byte for byte (<see cref="ResamplingTable"/>).
/// </summary>
internal static class ImageCrop
{
    /// <summary>Mirrors an image, left to right.</summary>
    public static RgbImage Flip(RgbImage image)
    {
        var pixels = new byte[image.Pixels.Length];
        for (var y = 0; y < image.Height; y++)
        {
            var row = 3 * y * image.Width;
            for (var x = 0; x < image.Width; x++)
                image.Pixels.AsSpan(row + (3 * x), 3).CopyTo(pixels.AsSpan(row + (3 * (image.Width - 1 - x)), 3));
        }
        return new RgbImage(image.Width, image.Height, pixels);
    }

    /// <summary>Resizes a whole image by bicubic filtering.</summary>
    public static RgbImage Resize(RgbImage image, int width, int height) =>
        Resize(image, new CropBox(0, 0, image.Width, image.Height), width, height);

    /// <summary>Cuts a box out and resizes it by bicubic filtering. Pixels outside the box have no influence.</summary>
    /// <exception cref="ArgumentException">The box is empty or not within the image.</exception>
    public static RgbImage Resize(RgbImage image, CropBox box, int width, int height)
    {
        if (box.Width < 1 || box.Height < 1 || box.Left < 0 || box.Top < 0
            || box.Left + box.Width > image.Width || box.Top + box.Height > image.Height)
            throw new ArgumentException($"{box} is not within an image of {image.Width}×{image.Height}.", nameof(box));
        var cut = Cut(image, box);
        return Resampling.RowsFirst(box.Width, box.Height, width, height)
            ? ResizeColumns(ResizeRows(cut, height), width)
            : ResizeRows(ResizeColumns(cut, width), height);
    }

    private static RgbImage Cut(RgbImage image, CropBox box)
    {
        if (box == new CropBox(0, 0, image.Width, image.Height))
            return image;
        var pixels = new byte[3 * box.Width * box.Height];
        for (var y = 0; y < box.Height; y++)
        {
            image.Pixels.AsSpan(3 * (((box.Top + y) * image.Width) + box.Left), 3 * box.Width)
                .CopyTo(pixels.AsSpan(3 * y * box.Width));
        }
        return new RgbImage(box.Width, box.Height, pixels);
    }

    private static RgbImage ResizeColumns(RgbImage image, int width)
    {
        if (width == image.Width)
            return image;
        var table = ResamplingTable.Create(image.Width, width, ResamplingFilter.Bicubic);
        var pixels = new byte[3 * width * image.Height];
        for (var y = 0; y < image.Height; y++)
        {
            var source = image.Pixels.AsSpan(3 * y * image.Width, 3 * image.Width);
            for (var x = 0; x < width; x++)
            {
                var weights = Weights(table, x, out var first);
                int red = ResamplingTable.Half, green = red, blue = red;
                for (int k = 0, from = 3 * first; k < weights.Length; k++, from += 3)
                {
                    red += source[from] * weights[k];
                    green += source[from + 1] * weights[k];
                    blue += source[from + 2] * weights[k];
                }
                var to = 3 * ((y * width) + x);
                (pixels[to], pixels[to + 1], pixels[to + 2]) = (Clip(red), Clip(green), Clip(blue));
            }
        }
        return new RgbImage(width, image.Height, pixels);
    }

    private static RgbImage ResizeRows(RgbImage image, int height)
    {
        if (height == image.Height)
            return image;
        var table = ResamplingTable.Create(image.Height, height, ResamplingFilter.Bicubic);
        var row = 3 * image.Width;
        var (pixels, sums) = (new byte[row * height], new int[row]);
        for (var y = 0; y < height; y++)
        {
            var weights = Weights(table, y, out var first);
            Array.Fill(sums, ResamplingTable.Half);
            for (var k = 0; k < weights.Length; k++)
            {
                var source = image.Pixels.AsSpan((first + k) * row, row);
                for (var i = 0; i < row; i++)
                    sums[i] += source[i] * weights[k];
            }
            for (var i = 0; i < row; i++)
                pixels[(y * row) + i] = Clip(sums[i]);
        }
        return new RgbImage(image.Width, height, pixels);
    }

    private static ReadOnlySpan<int> Weights(ResamplingTable table, int at, out int first)
    {
        ReadOnlySpan<int> entry = table.Data.AsSpan(at * (table.Taps + ResamplingTable.Header));
        first = entry[0];
        return entry.Slice(ResamplingTable.Header, entry[1]);
    }

    private static byte Clip(int sum) => (byte)Math.Clamp(sum >> ResamplingTable.PrecisionBits, 0, 255);
}
