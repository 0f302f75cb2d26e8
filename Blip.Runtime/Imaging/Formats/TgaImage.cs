using System.Buffers.Binary;
using SixLabors.ImageSharp.Formats.Tga;

namespace Blip.Runtime.Imaging.Formats;

/// <summary>TGA files (Truevision TGA, version 2.0), decoded by ImageSharp.</summary>
internal static class TgaImage
{
    private const int HeaderLength = 18;

    private static readonly TgaDecoder Decoder = new();

    /// <summary>Whether the header is plausible: the format has no signature.</summary>
    public static bool Fits(ReadOnlySpan<byte> header)
    {
        if (header.Length < HeaderLength || header[1] > 1 || (header[17] & 0xC0) != 0 || SizeOf(header) is { Width: 0 } or { Height: 0 })
            return false;
        return (header[2], header[16]) switch
        {
            (1 or 9, 8) => header[1] == 1 && header[7] is 16 or 24 or 32,
            (2 or 10, 16 or 24 or 32) => true,
            (3 or 11, 8 or 16) => header[1] == 0,
            _ => false,
        };
    }

    public static (int Width, int Height) SizeOf(ReadOnlySpan<byte> file) =>
        (BinaryPrimitives.ReadUInt16LittleEndian(file[12..]), BinaryPrimitives.ReadUInt16LittleEndian(file[14..]));

    public static RgbImage Decode(ReadOnlySpan<byte> file, string name, ImageDecoderOptions options)
    {
        var (width, height) = SizeOf(file);
        ImageSize.Check(width, height, name, options);
        if (file[1] == 1 && BinaryPrimitives.ReadUInt16LittleEndian(file[3..]) != 0)
            throw new ImageException($"{name}: a TGA whose palette does not begin with colour 0 is not read: convert it to PNG.");
        if (!HoldsItsPixels(file, (long)width * height))
            throw new ImageException($"{name}: {ImageSize.CutOff}");
        // Pillow truncates when it widens 5 bits to 8.
        var has5Bits = file[16] == 16 && (file[2] & 3) == 2 || file[1] == 1 && file[7] == 16;
        var pixels = SharpPixels.Decode(Decoder, file.ToArray(), name, has5Bits ? value => (byte)(value / 257) : null);
        return UprightImage.Of(pixels.Rgba, pixels.Width, pixels.Height, ImageMetadata.Upright, options.Background);
    }

    private static bool HoldsItsPixels(ReadOnlySpan<byte> file, long pixels)
    {
        var colours = file[1] == 1 ? (long)BinaryPrimitives.ReadUInt16LittleEndian(file[5..]) * ((file[7] + 7) / 8) : 0;
        var (at, size) = (HeaderLength + file[0] + colours, file[16] / 8);
        if (file[2] < 8)
            return at + (pixels * size) <= file.Length;
        // Runs: a byte with a count and a flag, then one repeated pixel or that many pixels.
        while (pixels > 0 && at < file.Length)
        {
            var count = (file[(int)at] & 0x7F) + 1;
            at += 1 + ((file[(int)at] & 0x80) != 0 ? size : count * size);
            pixels -= count;
        }
        return pixels <= 0 && at <= file.Length;
    }
}
