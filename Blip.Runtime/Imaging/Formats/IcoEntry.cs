using System.Buffers.Binary;

namespace Blip.Runtime.Imaging.Formats;

/// <summary>
/// The image of an icon that Pillow takes: the largest, and among these the one with the fewest bits. Pillow also shows its colours behind
/// the mask.
/// </summary>
internal static class IcoEntry
{
    private const int HeaderLength = 6, EntryLength = 16, BmpHeaderLength = 14, ShortestDib = 40, WithMasks = 3, MasksLength = 12;

    /// <summary>The image as a separate file; null if the icon is damaged or of an old form.</summary>
    public static (ImageFormat Format, byte[] File)? Unwrap(ReadOnlySpan<byte> icon)
    {
        if (Choose(icon) is not { } entry)
            return null;
        var content = icon[entry];
        if (content.Length < ShortestDib)
            return null;
        if (ImageFormats.Of(content) == ImageFormat.Png)
            return (ImageFormat.Png, content.ToArray());
        return ToBmp(content) is { } bmp ? (ImageFormat.Bmp, bmp) : null;
    }

    private static Range? RangeOf(ReadOnlySpan<byte> icon, ReadOnlySpan<byte> entry)
    {
        var (length, start) = (BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]), BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]));
        return start <= icon.Length && length <= icon.Length - start ? new Range((int)start, (int)(start + length)) : null;
    }

    private static Range? Choose(ReadOnlySpan<byte> icon)
    {
        if (icon.Length < HeaderLength)
            return null;
        var count = BinaryPrimitives.ReadUInt16LittleEndian(icon[4..]);
        (int Square, int Bits, Range Range)? best = null;
        for (var i = 0; i < count && HeaderLength + ((i + 1) * EntryLength) <= icon.Length; i++)
        {
            var entry = icon.Slice(HeaderLength + (i * EntryLength), EntryLength);
            var square = (entry[0] == 0 ? 256 : entry[0]) * (entry[1] == 0 ? 256 : entry[1]);
            var bits = BinaryPrimitives.ReadUInt16LittleEndian(entry[6..]) is > 0 and var said
                ? said : entry[2] != 0 ? (int)Math.Ceiling(Math.Log2(entry[2]))
                : 256;
            if (RangeOf(icon, entry) is { } range
                && (best is not { } other || square > other.Square || (square == other.Square && bits < other.Bits)))
                best = (square, bits, range);
        }
        return best?.Range;
    }

    // The same pixels with a bitmap's header. The header counts the mask's rows as image rows, so its height is halved.
    private static byte[]? ToBmp(ReadOnlySpan<byte> dib)
    {
        var header = BinaryPrimitives.ReadUInt32LittleEndian(dib);
        if (header < ShortestDib || header > dib.Length)
            return null;
        var bits = BinaryPrimitives.ReadUInt16LittleEndian(dib[14..]);
        var used = BinaryPrimitives.ReadUInt32LittleEndian(dib[32..]);
        var palette = bits <= 8 ? 4 * (used is > 0 and <= 256 ? used : 1u << bits) : 0;
        var masks = header == ShortestDib && dib[16] == WithMasks ? MasksLength : 0;
        byte[] bmp = [.. "BM"u8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. dib];
        BinaryPrimitives.WriteInt32LittleEndian(bmp.AsSpan(2), bmp.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bmp.AsSpan(10), BmpHeaderLength + header + palette + (uint)masks);
        BinaryPrimitives.WriteInt32LittleEndian(bmp.AsSpan(BmpHeaderLength + 8), BinaryPrimitives.ReadInt32LittleEndian(dib[8..]) / 2);
        return bmp;
    }
}
