using System.Buffers.Binary;

namespace Blip.Runtime.Imaging.Formats;

/// <summary>A file's EXIF block, with or without leading <c>Exif\0\0</c>, and XMP text, as Pillow finds them.</summary>
internal readonly record struct ImageMetadata(byte[]? Exif, byte[]? Xmp)
{
    /// <summary>The default orientation: the first row is the top, the first column the left.</summary>
    public const int Upright = 1;

    private const int EntryLength = 12, OrientationTag = 0x0112;

    /// <summary>The EXIF orientation, 1 to 8; XMP's if EXIF has no such tag, as in Pillow's <c>exif_transpose</c>.</summary>
    public int Orientation => (OfExif(Exif) ?? OfXmp(Xmp)) is { } value and >= Upright and <= 8 ? value : Upright;

    /// <summary>The orientation in an EXIF block; null without the tag, 0 if its value is no integer.</summary>
    public static int? OfExif(ReadOnlySpan<byte> exif)
    {
        while (exif.StartsWith("Exif\0\0"u8))
            exif = exif[6..];
        // TIFF 6.0, section 2: byte order, 42, offset of the first directory; entries of tag, type, count, value.
        if (exif.Length < 8 || !(exif.StartsWith("MM"u8) || exif.StartsWith("II"u8)))
            return null;
        var big = exif[0] == (byte)'M';
        var offset = Long(exif[4..], big);
        if (offset > exif.Length - 2)
            return null;
        var directory = exif[(int)offset..];
        var entries = Short(directory, big);
        directory = directory[2..];
        int? found = null;
        for (var i = 0; i < entries && directory.Length >= EntryLength; i++, directory = directory[EntryLength..])
        {
            if (Short(directory, big) == OrientationTag && Long(directory[4..], big) > 0)
                found = Value(Short(directory[2..], big), directory[8..], big);
        }
        return found;
    }

    private static int Value(ushort type, ReadOnlySpan<byte> value, bool big) => type switch
    {
        3 or 8 => Short(value, big), // SHORT, SSHORT
        4 or 9 => (int)Math.Min(Long(value, big), int.MaxValue), // LONG, SLONG
        6 => value[0], // SBYTE
        _ => 0,
    };

    // Pillow's pattern: tiff:Orientation(="|>)([0-9])
    private static int? OfXmp(ReadOnlySpan<byte> xmp)
    {
        var tag = "tiff:Orientation"u8;
        while (xmp.IndexOf(tag) is var at and >= 0)
        {
            xmp = xmp[(at + tag.Length)..];
            var value = xmp.StartsWith("=\""u8) ? xmp[2..] : xmp.StartsWith(">"u8) ? xmp[1..] : [];
            if (value.Length > 0 && char.IsAsciiDigit((char)value[0]))
                return value[0] - '0';
        }
        return null;
    }

    private static ushort Short(ReadOnlySpan<byte> bytes, bool big) =>
        big ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private static uint Long(ReadOnlySpan<byte> bytes, bool big) =>
        big ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}
