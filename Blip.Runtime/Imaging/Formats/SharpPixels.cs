using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Formats.Tga;
using SixLabors.ImageSharp.Formats.Tiff;
using SixLabors.ImageSharp.Memory;
using SixLabors.ImageSharp.PixelFormats;

namespace Blip.Runtime.Imaging.Formats;

/// <summary>Pixels decoded by ImageSharp, restricted to TIFF and TGA.</summary>
internal static class SharpPixels
{
    private const int PoolMegabytes = 64;

    private static readonly Configuration Configuration = new(new TiffConfigurationModule(), new TgaConfigurationModule())
    {
        MemoryAllocator = MemoryAllocator.Create(new MemoryAllocatorOptions { MaximumPoolSizeMegabytes = PoolMegabytes }),
    };

    /// <summary>
    /// Decodes a whole file to RGBA <c>[height, width, 4]</c>; <paramref name="narrow"/> converts samples from 16 bits to 8, and is null
    /// for files with 8.
    /// </summary>
    /// <exception cref="ImageException">The image is damaged.</exception>
    public static (int Width, int Height, byte[] Rgba) Decode(IImageDecoder decoder, byte[] file, string name, Func<ushort, byte>? narrow)
    {
        try
        {
            using var stream = new MemoryStream(file);
            return narrow is null ? Plain(decoder, stream) : Narrowed(decoder, stream, narrow);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // For damaged files its decoders throw exceptions of any kind.
            throw new ImageException(
                $"{name}: the image is damaged, or of a kind that is not read. Copy it again from where it came, or convert it to PNG.", e);
        }
    }

    private static (int Width, int Height, byte[] Rgba) Plain(IImageDecoder decoder, Stream stream)
    {
        using var image = decoder.Decode<Rgba32>(Configuration, stream, CancellationToken.None);
        var rgba = GC.AllocateUninitializedArray<byte>(4 * image.Width * image.Height);
        image.CopyPixelDataTo(rgba);
        return (image.Width, image.Height, rgba);
    }

    private static (int Width, int Height, byte[] Rgba) Narrowed(IImageDecoder decoder, Stream stream, Func<ushort, byte> narrow)
    {
        using var image = decoder.Decode<Rgba64>(Configuration, stream, CancellationToken.None);
        var rgba = GC.AllocateUninitializedArray<byte>(4 * image.Width * image.Height);
        image.ProcessPixelRows(rows =>
        {
            for (int y = 0, to = 0; y < rows.Height; y++)
            {
                foreach (var pixel in rows.GetRowSpan(y))
                {
                    (rgba[to], rgba[to + 1], rgba[to + 2], rgba[to + 3]) =
                        (narrow(pixel.R), narrow(pixel.G), narrow(pixel.B), narrow(pixel.A));
                    to += 4;
                }
            }
        });
        return (image.Width, image.Height, rgba);
    }
}
