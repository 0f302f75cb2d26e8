using System.Runtime.InteropServices;
using SkiaSharp;

namespace Blip.Runtime.Imaging;

/// <summary>Pixels to files.</summary>
public static class ImageWriter
{
    /// <summary>Writes a PNG file; an existing one is replaced.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="image">The picture.</param>
    /// <exception cref="ImageException">The file cannot be written.</exception>
    public static void SavePng(string path, RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            using var file = File.Create(path);
            WritePng(file, image);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ImageException($"{path}: the picture cannot be written: {error.Message}", error);
        }
    }

    /// <summary>Writes the bytes of a PNG file to a stream.</summary>
    public static void WritePng(Stream stream, RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(image);
        using var bitmap = ToBitmap(image);
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100)
            ?? throw new ImageException($"a picture of {image.Width}×{image.Height} cannot be encoded as PNG.");
        stream.Write(data.AsSpan());
    }

    private static SKBitmap ToBitmap(RgbImage image)
    {
        var bitmap = new SKBitmap(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var rgba = MemoryMarshal.Cast<byte, uint>(bitmap.GetPixelSpan());
        var rgb = image.Pixels;
        for (var i = 0; i < rgba.Length; i++)
            rgba[i] = 0xFF000000u | ((uint)rgb[(3 * i) + 2] << 16) | ((uint)rgb[(3 * i) + 1] << 8) | rgb[3 * i];
        return bitmap;
    }
}
