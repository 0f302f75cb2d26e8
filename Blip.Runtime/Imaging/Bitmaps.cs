using System.Runtime.InteropServices;
using SkiaSharp;

namespace Blip.Runtime.Imaging;

/// <summary>Images as Skia's bitmaps, and back.</summary>
internal static class Bitmaps
{
    /// <summary>A bitmap of an image's pixels.</summary>
    public static SKBitmap Of(RgbImage image)
    {
        var bitmap = Empty(image.Width, image.Height);
        var rgba = MemoryMarshal.Cast<byte, uint>(bitmap.GetPixelSpan());
        var rgb = image.Pixels;
        for (var i = 0; i < rgba.Length; i++)
            rgba[i] = 0xFF000000u | ((uint)rgb[(3 * i) + 2] << 16) | ((uint)rgb[(3 * i) + 1] << 8) | rgb[3 * i];
        return bitmap;
    }

    /// <summary>A bitmap to draw on, whose pixels are opaque.</summary>
    public static SKBitmap Empty(int width, int height) =>
        new(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));

    /// <summary>The pixels of a bitmap that <see cref="Empty"/> made.</summary>
    public static RgbImage ToImage(SKBitmap bitmap)
    {
        var rgba = bitmap.GetPixelSpan();
        var rgb = new byte[3 * bitmap.Width * bitmap.Height];
        for (var i = 0; i < rgb.Length / 3; i++)
            rgba.Slice(4 * i, 3).CopyTo(rgb.AsSpan(3 * i));
        return new RgbImage(bitmap.Width, bitmap.Height, rgb);
    }

    /// <summary>An image made larger or smaller; each side has a pixel at least.</summary>
    /// <param name="image">The image.</param>
    /// <param name="longestSide">Pixels of its longest side afterwards.</param>
    public static SKBitmap Scaled(RgbImage image, int longestSide)
    {
        var scale = longestSide / (double)Math.Max(image.Width, image.Height);
        var whole = Of(image);
        if (scale == 1)
            return whole;
        using (whole)
        {
            var size = new SKSizeI(Math.Max(1, (int)Math.Round(image.Width * scale)), Math.Max(1, (int)Math.Round(image.Height * scale)));
            return whole.Resize(size, new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        }
    }
}
