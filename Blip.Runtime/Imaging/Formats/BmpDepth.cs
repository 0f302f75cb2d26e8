using System.Buffers.Binary;

namespace Blip.Runtime.Imaging.Formats;

/// <summary>Bitmaps of 16 bits per pixel. From 5 or 6 bits to 8, Skia rounds and Pillow truncates.</summary>
internal static class BmpDepth
{
    private const int DepthAt = 28, CompressionAt = 30, GreenMaskAt = 58, ShortestHeader = 40, WithMasks = 3;

    /// <summary>Gives the RGBA pixels of such a file Pillow's values; leaves other files unchanged.</summary>
    public static void Truncate(Span<byte> rgba, ReadOnlySpan<byte> file)
    {
        if (file.Length < GreenMaskAt + 4 || BinaryPrimitives.ReadUInt32LittleEndian(file[14..]) < ShortestHeader || file[DepthAt] != 16)
            return;
        var green = file[CompressionAt] == WithMasks ? BinaryPrimitives.ReadUInt32LittleEndian(file[GreenMaskAt..]) : 0x3E0;
        if (green is not (0x3E0 or 0x7E0))
            return;
        for (var i = 0; i + 3 < rgba.Length; i += 4)
        {
            (rgba[i], rgba[i + 2]) = (OfFive(rgba[i]), OfFive(rgba[i + 2]));
            rgba[i + 1] = green == 0x3E0 ? OfFive(rgba[i + 1]) : (byte)((rgba[i + 1] >> 2) * 255 / 63);
        }
    }

    private static byte OfFive(byte value) => (byte)((value >> 3) * 255 / 31);
}
