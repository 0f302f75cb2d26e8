using System.Buffers.Binary;

namespace Blip.Runtime.Imaging.Formats;

/// <summary>The first directory of a TIFF file (TIFF 6.0, section 2, and BigTIFF), which describes its pixels' layout.</summary>
internal sealed class TiffDirectory
{
    /// <summary>Tags by the specification's names.</summary>
    public const ushort NewSubfileType = 254, ImageWidth = 256, ImageLength = 257, BitsPerSample = 258, Compression = 259,
        Photometric = 262, FillOrder = 266, StripOffsets = 273, Orientation = 274, SamplesPerPixel = 277, RowsPerStrip = 278,
            StripByteCounts = 279,
        PlanarConfiguration = 284, T4Options = 292, T6Options = 293, Predictor = 317, ColorMap = 320, TileWidth = 322, TileOffsets = 324,
        ExtraSamples = 338, SampleFormat = 339, JpegTables = 347, ReferenceBlackWhite = 532, Xmp = 700;

    private const ushort Bytes = 1, Shorts = 3, Longs = 4, Undefined = 7;
    private const int MostValues = 1 << 22;

    private static readonly HashSet<ushort> Wanted =
    [
        ImageWidth, ImageLength, BitsPerSample, Compression, Photometric, FillOrder, StripOffsets, SamplesPerPixel, RowsPerStrip,
        StripByteCounts, PlanarConfiguration, T4Options, T6Options, Predictor, ColorMap, ExtraSamples, SampleFormat, JpegTables,
    ];

    private readonly SortedDictionary<ushort, (ushort Type, long[] Values)> entries = [];
    private readonly bool big;

    private TiffDirectory(bool big) => this.big = big;

    public ImageMetadata Metadata { get; private set; }

    /// <summary>Reads the directory; null if the file is not a TIFF or ends before it.</summary>
    public static TiffDirectory? Read(ReadOnlySpan<byte> file)
    {
        if (file.Length < 16 || !(file.StartsWith("II"u8) || file.StartsWith("MM"u8)))
            return null;
        var directory = new TiffDirectory(file[0] == (byte)'M');
        var wide = directory.Number(file[2..], 2) == 43;
        var at = wide ? directory.Number(file[8..], 8) : directory.Number(file[4..], 4);
        var (countSize, entrySize) = wide ? (8, 20) : (2, 12);
        if (at < 8 || at > file.Length - countSize)
            return null;
        var count = directory.Number(file[(int)at..], countSize);
        at += countSize;
        for (var i = 0L; i < count && at <= file.Length - entrySize; i++, at += entrySize)
            directory.Take(file, file.Slice((int)at, entrySize), wide);
        return directory.entries.Count > 0 ? directory : null;
    }

    /// <summary>The first value of a tag, or a default.</summary>
    public long One(ushort tag, long otherwise) =>
        entries.TryGetValue(tag, out var entry) && entry.Values.Length > 0 ? entry.Values[0] : otherwise;

    public IReadOnlyList<long> All(ushort tag) => entries.TryGetValue(tag, out var entry) ? entry.Values : [];

    public bool Has(ushort tag) => entries.ContainsKey(tag);

    /// <summary>Replaces a tag's values; removes it without values.</summary>
    public void Set(ushort tag, params long[] values)
    {
        if (values.Length == 0)
            entries.Remove(tag);
        else
            entries[tag] = (values.Max() > ushort.MaxValue ? Longs : Shorts, values);
    }

    /// <summary>The file with an appended directory, which holds only the tags that the pixel decoder needs.</summary>
    public byte[] Rewritten(ReadOnlySpan<byte> file)
    {
        var kept = entries.Where(entry => Wanted.Contains(entry.Key)).ToList();
        var start = (file.Length + 1) / 2 * 2;
        var values = start + 2 + (12 * kept.Count) + 4;
        using var result = new MemoryStream(values + kept.Sum(entry => 8 + (4 * entry.Value.Values.Length)));
        result.Write(file);
        result.SetLength(start);
        result.Position = start;
        Put(result, kept.Count, 2);
        using var tail = new MemoryStream();
        foreach (var (tag, (type, numbers)) in kept)
        {
            var size = type switch { Shorts => 2, Longs => 4, _ => 1 };
            Put(result, tag, 2);
            Put(result, type, 2);
            Put(result, numbers.Length, 4);
            using var content = new MemoryStream();
            foreach (var number in numbers)
                Put(content, number, size);
            content.SetLength((Math.Max(content.Length, 4) + 1) / 2 * 2);
            if (content.Length == 4)
            {
                content.WriteTo(result);
                continue;
            }
            Put(result, values + tail.Length, 4);
            content.WriteTo(tail);
        }
        Put(result, 0, 4);
        tail.WriteTo(result);
        result.Position = 2;
        Put(result, 42, 2);
        Put(result, start, 4);
        return result.ToArray();
    }

    private void Take(ReadOnlySpan<byte> file, ReadOnlySpan<byte> entry, bool wide)
    {
        var (tag, type) = ((ushort)Number(entry, 2), (ushort)Number(entry[2..], 2));
        var size = type switch { Bytes or Undefined => 1, Shorts => 2, Longs or 13 => 4, 16 or 18 => 8, _ => 0 };
        var field = wide ? entry[12..] : entry[8..];
        var count = Number(entry[4..], wide ? 8 : 4);
        if (size == 0 || count is < 1 or > MostValues)
            return;
        var content = field;
        if (count * size > field.Length)
        {
            var at = Number(field, field.Length);
            if (at < 0 || at > file.Length - (count * size))
                return;
            content = file[(int)at..];
        }
        if (tag == Orientation)
            Metadata = Metadata with { Exif = OrientationBlock(Number(content, size)) };
        else if (tag == Xmp && size == 1)
            Metadata = Metadata with { Xmp = content[..(int)count].ToArray() };
        if (tag is not NewSubfileType and not TileWidth and not TileOffsets && !Wanted.Contains(tag))
            return;
        var values = new long[count];
        for (var i = 0; i < values.Length; i++)
            values[i] = Number(content[(i * size)..], size);
        entries[tag] = (type == Undefined ? Undefined : size switch { 1 => Bytes, 2 => Shorts, _ => Longs }, values);
    }

    // The orientation as an EXIF block, so that one place decides between several.
    private static byte[] OrientationBlock(long value) =>
        [.. "II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, (byte)Math.Clamp(value, 0, 9), 0, 0, 0, 0, 0, 0, 0];

    private long Number(ReadOnlySpan<byte> bytes, int size) => (size, big) switch
    {
        (1, _) => bytes[0],
        (2, true) => BinaryPrimitives.ReadUInt16BigEndian(bytes),
        (2, false) => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        (4, true) => BinaryPrimitives.ReadUInt32BigEndian(bytes),
        (4, false) => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        (_, true) => BinaryPrimitives.ReadInt64BigEndian(bytes),
        (_, false) => BinaryPrimitives.ReadInt64LittleEndian(bytes),
    };

    private void Put(MemoryStream stream, long value, int size)
    {
        for (var i = 0; i < size; i++)
            stream.WriteByte((byte)(value >> (8 * (big ? size - 1 - i : i))));
    }
}
