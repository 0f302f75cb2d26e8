using System.Buffers.Binary;
using System.Text;

namespace Blip.Runtime.Retrieval;

/// <summary>
/// An addition or removal in a journal: a header with a checksum, the body, and a mark, written when all before it is on disk. An
/// unfinished record is ignored; one damaged later is an error.
/// </summary>
internal static class JournalRecord
{
    public const int MaxBody = 1 << 30;

    public const int MaxIdBytes = 1 << 16;

    private const uint Magic = 0x52434C42;
    private const ulong MarkKey = 0x9E3779B97F4A7C15;
    private const int KindAt = 4, CountAt = 8, BodyAt = 12, RowsAt = 16, BodyDigestAt = 24;

    public enum Kind
    {
        Add = 1,

        Remove = 2,
    }

    /// <summary>A record's header; <paramref name="Rows"/> counts the index's rows before it.</summary>
    public readonly record struct Header(Kind Kind, int Count, int BodyBytes, long Rows, UInt128 BodyDigest, UInt128 Digest)
    {
        public UInt128 Mark => Digest ^ MarkKey;
    }

    public static int HeaderBytes(IndexFormat format) => DigestAt(format) + format.DigestBytes;

    public static int BytesOf(string id) => EntryBytes(IndexFormat.Current) + Encoding.UTF8.GetByteCount(id);

    public static byte[] Body(IReadOnlyList<IndexEntry> entries, ReadOnlySpan<UInt128> digests)
    {
        var body = new byte[entries.Sum(entry => BytesOf(entry.Id))];
        var format = IndexFormat.Current;
        var (at, lengthAt, entryBytes) = (0, format.DigestBytes, EntryBytes(format));
        for (var i = 0; i < entries.Count; i++)
        {
            var (id, length, modified) = entries[i];
            var idBytes = Encoding.UTF8.GetBytes(id, body.AsSpan(at + entryBytes));
            format.Write(body.AsSpan(at), digests[i]);
            BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(at + lengthAt), length);
            BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(at + lengthAt + 8), modified);
            BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(at + lengthAt + 16), idBytes);
            at += entryBytes + idBytes;
        }
        return body;
    }

    public static byte[] Body(IReadOnlyList<int> rows)
    {
        var body = new byte[rows.Count * sizeof(int)];
        for (var i = 0; i < rows.Count; i++)
            BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(i * sizeof(int)), rows[i]);
        return body;
    }

    /// <summary>A record without its mark, and the mark. <paramref name="position"/> is the record's place in the journal.</summary>
    public static (byte[] Record, byte[] Mark) ToBytes(Kind kind, int count, long rows, ReadOnlySpan<byte> body, long position)
    {
        var format = IndexFormat.Current;
        var (digestAt, headerBytes) = (DigestAt(format), HeaderBytes(format));
        var record = new byte[headerBytes + body.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(record, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(KindAt), (int)kind);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(CountAt), count);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(BodyAt), body.Length);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(RowsAt), rows);
        format.Write(record.AsSpan(BodyDigestAt), format.Digest(body, position));
        format.Write(record.AsSpan(digestAt), format.Digest(record.AsSpan(0, digestAt), position));
        body.CopyTo(record.AsSpan(headerBytes));
        return (record, Mark(format, record));
    }

    public static byte[] Mark(IndexFormat format, ReadOnlySpan<byte> record)
    {
        var mark = new byte[format.DigestBytes];
        format.Write(mark, format.Read(record[DigestAt(format)..]) ^ MarkKey);
        return mark;
    }

    /// <summary>Reads a header; null where the bytes are none.</summary>
    public static Header? ReadHeader(IndexFormat format, ReadOnlySpan<byte> bytes, long position)
    {
        var digestAt = DigestAt(format);
        var digest = format.Read(bytes[digestAt..]);
        if (digest != format.Digest(bytes[..digestAt], position) || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
            return null;
        var header = new Header(
            (Kind)BinaryPrimitives.ReadInt32LittleEndian(bytes[KindAt..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[CountAt..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[BodyAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[RowsAt..]),
            format.Read(bytes[BodyDigestAt..]),
            digest);
        return header.BodyBytes is >= 0 and <= MaxBody && header.Count >= 0 ? header : null;
    }

    /// <summary>Applies a body, whose checksum was right, to a table.</summary>
    /// <returns>False where the content is wrong.</returns>
    public static bool Apply(IndexFormat format, in Header header, ReadOnlySpan<byte> body, EntryTable table) =>
        header.Rows == table.Rows && header.Kind switch
        {
            Kind.Add => Add(format, header.Count, body, table),
            Kind.Remove => Remove(header.Count, body, table),
            _ => false,
        };

    private static int DigestAt(IndexFormat format) => BodyDigestAt + format.DigestBytes;

    private static int EntryBytes(IndexFormat format) => format.DigestBytes + (2 * sizeof(long)) + sizeof(int);

    private static bool Add(IndexFormat format, int count, ReadOnlySpan<byte> body, EntryTable table)
    {
        var (lengthAt, entryBytes) = (format.DigestBytes, EntryBytes(format));
        for (var i = 0; i < count; i++)
        {
            if (body.Length < entryBytes)
                return false;
            var idBytes = BinaryPrimitives.ReadInt32LittleEndian(body[(lengthAt + 16)..]);
            if (idBytes is <= 0 or > MaxIdBytes || body.Length < entryBytes + idBytes)
                return false;
            table.Add(
                body.Slice(entryBytes, idBytes),
                BinaryPrimitives.ReadInt64LittleEndian(body[lengthAt..]),
                BinaryPrimitives.ReadInt64LittleEndian(body[(lengthAt + 8)..]),
                format.Read(body));
            body = body[(entryBytes + idBytes)..];
        }
        return body.IsEmpty;
    }

    private static bool Remove(int count, ReadOnlySpan<byte> body, EntryTable table)
    {
        if (body.Length != (long)count * sizeof(int))
            return false;
        for (var i = 0; i < count; i++)
        {
            if (!table.Remove(BinaryPrimitives.ReadInt32LittleEndian(body[(i * sizeof(int))..])))
                return false;
        }
        return true;
    }
}
