using System.Buffers.Binary;
using SkiaSharp;

namespace Blip.Runtime.Imaging;

/// <summary>Finds the EXIF orientation of a PNG (its <c>eXIf</c> chunk), which the library does not report.</summary>
internal static class PngOrientation
{
    private const int SignatureLength = 8, ChunkOverhead = 12, EntryLength = 12, OrientationTag = 0x0112, ShortType = 3;

    /// <summary>The orientation, or null where the file is no PNG or has none.</summary>
    public static SKEncodedOrigin? Find(ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']) || file.Length < SignatureLength)
            return null;
        for (var rest = file[SignatureLength..]; rest.Length >= ChunkOverhead;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            if (length > rest.Length - ChunkOverhead)
                return null;
            if (rest[4..].StartsWith("eXIf"u8))
                return FromExif(rest.Slice(8, (int)length));
            rest = rest[(ChunkOverhead + (int)length)..];
        }
        return null;
    }

    // TIFF 6.0, section 2: byte order, 42, offset of the first directory; entries of tag, type, count, value.
    private static SKEncodedOrigin? FromExif(ReadOnlySpan<byte> exif)
    {
        if (exif.Length < 8 || !(exif.StartsWith("MM"u8) || exif.StartsWith("II"u8)))
            return null;
        var big = exif[0] == (byte)'M';
        var offset = Long(exif[4..], big);
        if (offset > exif.Length - 2)
            return null;
        var directory = exif[(int)offset..];
        var entries = Short(directory, big);
        directory = directory[2..];
        for (var i = 0; i < entries && directory.Length >= EntryLength; i++, directory = directory[EntryLength..])
        {
            if (Short(directory, big) == OrientationTag && Short(directory[2..], big) == ShortType)
                return Short(directory[8..], big) is var value and >= 1 and <= 8 ? (SKEncodedOrigin)value : null;
        }
        return null;
    }

    private static ushort Short(ReadOnlySpan<byte> bytes, bool big) =>
        big ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private static uint Long(ReadOnlySpan<byte> bytes, bool big) =>
        big ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}
