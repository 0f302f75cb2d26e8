using System.Runtime.InteropServices;
using SkiaSharp;

namespace Blip.Runtime.Imaging;

/// <summary>Conversion to and from Skia's bitmaps.</summary>
internal static class Bitmaps
{
    public static SKBitmap Of(RgbImage image)
    {
        var bitmap = Empty(image.Width, image.Height);
        var rgba = MemoryMarshal.Cast<byte, uint>(bitmap.GetPixelSpan());
        var rgb = image.Pixels;
        for (var i = 0; i < rgba.Length; i++)
            rgba[i] = 0xFF000000u | ((uint)rgb[(3 * i) + 2] << 16) | ((uint)rgb[(3 * i) + 1] << 8) | rgb[3 * i];
        return bitmap;
    }

    /// <summary>An opaque bitmap to draw on.</summary>
    public static SKBitmap Empty(int width, int height) =>
        new(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));

    /// <summary>The pixels of a bitmap from <see cref="Empty"/>.</summary>
    public static RgbImage ToImage(SKBitmap bitmap)
    {
        var rgba = bitmap.GetPixelSpan();
        var rgb = new byte[3 * bitmap.Width * bitmap.Height];
        for (var i = 0; i < rgb.Length / 3; i++)
            rgba.Slice(4 * i, 3).CopyTo(rgb.AsSpan(3 * i));
        return new RgbImage(bitmap.Width, bitmap.Height, rgb);
    }

    /// <summary>Scales an image to the given longest side; each side keeps at least one pixel.</summary>
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
