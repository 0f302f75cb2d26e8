using System.Buffers.Binary;
using System.Text;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// The directory of an uncompressed zip archive, as torch.save writes it: a mapped file is read in place. PKWARE's APPNOTE, sections 4.3
/// and 4.5.3, includes the 64-bit records of archives above 4 GB.
/// </summary>
internal sealed class StoredZip
{
    private const uint EndSignature = 0x06054B50;
    private const uint End64LocatorSignature = 0x07064B50;
    private const uint End64Signature = 0x06064B50;
    private const uint DirectorySignature = 0x02014B50;
    private const uint LocalSignature = 0x04034B50;
    private const int EndLength = 22;
    private const int LongestDirectory = 64 << 20;

    private readonly MappedFile file;
    private readonly Dictionary<string, Entry> entries = [];

    /// <exception cref="CheckpointException">The directory is damaged.</exception>
    public StoredZip(MappedFile file)
    {
        this.file = file;
        var (offset, length) = FindDirectory();
        if (offset < 0 || length is < 0 or > LongestDirectory || offset > file.Length - length)
            throw Damaged("its directory lies outside");
        ReadDirectory(file.Span(offset, (int)length));
    }

    public IReadOnlyCollection<string> Names => entries.Keys;

    /// <summary>An entry's bytes in the file; null when there is no such entry.</summary>
    /// <exception cref="CheckpointException">The entry is compressed or lies outside.</exception>
    public (long Offset, long Length)? Find(string name)
    {
        if (!entries.TryGetValue(name, out var entry))
            return null;
        if (entry.Method != 0 || entry.IsEncrypted || entry.StoredLength != entry.Length)
            throw file.Error(
                $"the archive's entry '{name}' is compressed or encrypted, as torch.save never writes it; save the checkpoint again with "
                    + $"torch.save");
        if (entry.Header < 0 || entry.Header > file.Length - 30)
            throw Damaged($"its entry '{name}' lies outside");
        var header = file.Span(entry.Header, 30);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != LocalSignature)
            throw Damaged($"its entry '{name}' does not lie where its directory says");
        var start = entry.Header + 30 + BinaryPrimitives.ReadUInt16LittleEndian(header[26..])
            + BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        if (entry.Length < 0 || start > file.Length - entry.Length)
            throw Damaged($"its entry '{name}' lies outside");
        return (start, entry.Length);
    }

    private (long Offset, long Length) FindDirectory()
    {
        var tailLength = (int)Math.Min(file.Length, EndLength + ushort.MaxValue);
        var tailStart = file.Length - tailLength;
        var tail = file.Span(tailStart, tailLength);
        var at = tailLength - EndLength;
        while (at >= 0 && BinaryPrimitives.ReadUInt32LittleEndian(tail[at..]) != EndSignature)
            at--;
        if (at < 0)
            throw file.Error("this zip archive has no end: the file is cut short; download or copy it again");
        var end = tail[at..];
        long length = BinaryPrimitives.ReadUInt32LittleEndian(end[12..]), offset = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
        return length == uint.MaxValue || offset == uint.MaxValue || BinaryPrimitives.ReadUInt16LittleEndian(end[10..]) == ushort.MaxValue
            ? FindDirectory64(tailStart + at - 20)
            : (offset, length);
    }

    private (long Offset, long Length) FindDirectory64(long locatorOffset)
    {
        if (locatorOffset < 0 || BinaryPrimitives.ReadUInt32LittleEndian(file.Span(locatorOffset, 20)) != End64LocatorSignature)
            throw Damaged("its 64-bit end has no locator");
        var endOffset = BinaryPrimitives.ReadInt64LittleEndian(file.Span(locatorOffset + 8, 8));
        if (endOffset < 0 || endOffset > file.Length - 56)
            throw Damaged("its 64-bit end lies outside");
        var end = file.Span(endOffset, 56);
        if (BinaryPrimitives.ReadUInt32LittleEndian(end) != End64Signature)
            throw Damaged("it has no 64-bit end");
        return (BinaryPrimitives.ReadInt64LittleEndian(end[48..]), BinaryPrimitives.ReadInt64LittleEndian(end[40..]));
    }

    private void ReadDirectory(ReadOnlySpan<byte> directory)
    {
        while (directory.Length >= 46 && BinaryPrimitives.ReadUInt32LittleEndian(directory) == DirectorySignature)
        {
            int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(directory[28..]),
                extraLength = BinaryPrimitives.ReadUInt16LittleEndian(directory[30..]);
            var next = 46 + nameLength + extraLength + BinaryPrimitives.ReadUInt16LittleEndian(directory[32..]);
            if (next > directory.Length)
                throw Damaged("its directory is cut short");
            var name = Encoding.UTF8.GetString(directory.Slice(46, nameLength));
            if (!entries.TryAdd(name, ReadEntry(directory, directory.Slice(46 + nameLength, extraLength))))
                throw Damaged($"its directory names '{name}' twice");
            directory = directory[next..];
        }
        if (!directory.IsEmpty)
            throw Damaged("its directory holds something else than entries");
    }

    private Entry ReadEntry(ReadOnlySpan<byte> record, ReadOnlySpan<byte> extra)
    {
        long stored = BinaryPrimitives.ReadUInt32LittleEndian(record[20..]), length = BinaryPrimitives.ReadUInt32LittleEndian(record[24..]);
        long header = BinaryPrimitives.ReadUInt32LittleEndian(record[42..]);
        // The 64-bit field holds, in this order, the numbers that did not fit into 32 bits.
        var wide = Wide(extra);
        Widen(ref length, ref wide);
        Widen(ref stored, ref wide);
        Widen(ref header, ref wide);
        return new Entry(header, length, stored, BinaryPrimitives.ReadUInt16LittleEndian(record[10..]), (record[8] & 1) != 0);
    }

    private void Widen(ref long number, ref ReadOnlySpan<byte> wide)
    {
        if (number != uint.MaxValue)
            return;
        if (wide.Length < 8)
            throw Damaged("its directory lacks a 64-bit number");
        number = BinaryPrimitives.ReadInt64LittleEndian(wide);
        wide = wide[8..];
    }

    private static ReadOnlySpan<byte> Wide(ReadOnlySpan<byte> extra)
    {
        while (extra.Length >= 4)
        {
            var length = Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]), extra.Length - 4);
            if (BinaryPrimitives.ReadUInt16LittleEndian(extra) == 1)
                return extra.Slice(4, length);
            extra = extra[(4 + length)..];
        }
        return [];
    }

    private CheckpointException Damaged(string what) => file.Error($"the zip archive is damaged: {what}; download or copy it again");

    private readonly record struct Entry(long Header, long Length, long StoredLength, int Method, bool IsEncrypted);
}
