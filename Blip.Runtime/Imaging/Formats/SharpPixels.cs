using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Formats.Tga;
using SixLabors.ImageSharp.Formats.Tiff;
using SixLabors.ImageSharp.Memory;
using SixLabors.ImageSharp.PixelFormats;

namespace Blip.Runtime.Imaging.Formats;

/// <summary>Pixels that ImageSharp decodes. It knows TIFF and TGA and no other format.</summary>
internal static class SharpPixels
{
    private const int PoolMegabytes = 64;

    private static readonly Configuration Configuration = new(new TiffConfigurationModule(), new TgaConfigurationModule())
    {
        MemoryAllocator = MemoryAllocator.Create(new MemoryAllocatorOptions { MaximumPoolSizeMegabytes = PoolMegabytes }),
    };

    /// <summary>Decodes a file.</summary>
    /// <param name="decoder">The format's decoder.</param>
    /// <param name="file">The whole file.</param>
    /// <param name="name">Its name in error messages.</param>
    /// <param name="narrow">From 16 bits of a sample to 8; null for files that have 8.</param>
    /// <returns>Columns, rows, and red, green, blue and opacity of each pixel <c>[height, width, 4]</c>.</returns>
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
            // Damaged files make its decoders throw all kinds of exceptions.
            throw new ImageException($"{name}: the image is damaged, or of a kind that is not read. Copy it again from where it came, or convert it to PNG.", e);
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
                    (rgba[to], rgba[to + 1], rgba[to + 2], rgba[to + 3]) = (narrow(pixel.R), narrow(pixel.G), narrow(pixel.B), narrow(pixel.A));
                    to += 4;
                }
            }
        });
        return (image.Width, image.Height, rgba);
    }
}
