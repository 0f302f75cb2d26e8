using Blip.Runtime.Files;
using SkiaSharp;

namespace Blip.Runtime.Imaging;

/// <summary>Encodes images.</summary>
public static class ImageWriter
{
    private const int JpegQuality = 88;

    /// <summary>Writes a PNG file completely or not at all; replaces an existing one.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="image">The image.</param>
    /// <exception cref="ImageException">The file cannot be written.</exception>
    public static void SavePng(string path, RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            ReplacedFile.Write(path, file => WritePng(file, image), toDisk: false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ImageException($"{path}: the image cannot be written: {FailureReason.Of(error)}.", error);
        }
    }

    /// <summary>Writes an image to a stream as PNG.</summary>
    public static void WritePng(Stream stream, RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(image);
        using var bitmap = Bitmaps.Of(image);
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100)
            ?? throw new ImageException($"an image of {image.Width}×{image.Height} cannot be encoded as PNG.");
        stream.Write(data.AsSpan());
    }

    /// <summary>An image as a <c>data:</c> address to embed in a page.</summary>
    /// <param name="image">The image.</param>
    /// <param name="longestSide">Larger images are scaled to this many pixels on their longest side.</param>
    /// <returns>The shorter of PNG and JPEG.</returns>
    public static string ToDataUri(RgbImage image, int longestSide)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(longestSide);
        using var bitmap = Bitmaps.Scaled(image, Math.Min(longestSide, Math.Max(image.Width, image.Height)));
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        using var jpeg = bitmap.Encode(SKEncodedImageFormat.Jpeg, JpegQuality);
        return png.Size <= jpeg.Size ? DataUri("png", png) : DataUri("jpeg", jpeg);
    }

    /// <summary>An image with opacity as a <c>data:</c> address.</summary>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="rgba">Red, green, blue and opacity of each pixel <c>[height, width, 4]</c>.</param>
    /// <exception cref="ArgumentException">The number of bytes is not 4·width·height.</exception>
    public static string ToDataUri(int width, int height, byte[] rgba)
    {
        ArgumentNullException.ThrowIfNull(rgba);
        if (rgba.LongLength != 4L * width * height)
            throw new ArgumentException(
                $"{rgba.Length} bytes are not the pixels of an image of {width}×{height} with opacity.", nameof(rgba));
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        rgba.CopyTo(bitmap.GetPixelSpan());
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return DataUri("png", png);
    }

    private static string DataUri(string type, SKData data) => $"data:image/{type};base64,{Convert.ToBase64String(data.AsSpan())}";
}
