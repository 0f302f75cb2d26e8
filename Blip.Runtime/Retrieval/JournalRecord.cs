using System.Buffers.Binary;
using System.Text;

namespace Blip.Runtime.Retrieval;

/// <summary>
/// One addition or removal in a journal: a header with a checksum, the body, and a mark that is written when all before it is
/// on disk. A reader can tell an unfinished record, which counts as none, from one that was
/// finished and damaged later, which is an error.
/// </summary>
internal static class JournalRecord
{
    /// <summary>Most bytes of a body.</summary>
    public const int MaxBody = 1 << 30;

    /// <summary>Most bytes of an id.</summary>
    public const int MaxIdBytes = 1 << 16;

    private const uint Magic = 0x52434C42;
    private const ulong MarkKey = 0x9E3779B97F4A7C15;
    private const int KindAt = 4, CountAt = 8, BodyAt = 12, RowsAt = 16, BodyDigestAt = 24;

    /// <summary>The content of a record.</summary>
    public enum Kind
    {
        /// <summary>New rows.</summary>
        Add = 1,

        /// <summary>Rows that are no longer there.</summary>
        Remove = 2,
    }

    /// <summary>A record's header.</summary>
    /// <param name="Kind">Its kind.</param>
    /// <param name="Count">Of how many rows.</param>
    /// <param name="BodyBytes">Length of the body.</param>
    /// <param name="Rows">Rows of the index before it.</param>
    /// <param name="BodyDigest">Checksum of the body.</param>
    /// <param name="Digest">Checksum of the header.</param>
    public readonly record struct Header(Kind Kind, int Count, int BodyBytes, long Rows, UInt128 BodyDigest, UInt128 Digest)
    {
        /// <summary>The mark that ends the record.</summary>
        public UInt128 Mark => Digest ^ MarkKey;
    }

    /// <summary>Bytes of a record's header.</summary>
    public static int HeaderBytes(IndexFormat format) => DigestAt(format) + format.DigestBytes;

    /// <summary>Bytes that an entry takes, in the version that is written.</summary>
    public static int BytesOf(string id) => EntryBytes(IndexFormat.Current) + Encoding.UTF8.GetByteCount(id);

    /// <summary>The body of an addition.</summary>
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

    /// <summary>The body of a removal.</summary>
    public static byte[] Body(IReadOnlyList<int> rows)
    {
        var body = new byte[rows.Count * sizeof(int)];
        for (var i = 0; i < rows.Count; i++)
            BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(i * sizeof(int)), rows[i]);
        return body;
    }

    /// <summary>A record without its mark, and the mark.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="count">Of how many rows.</param>
    /// <param name="rows">Rows of the index before it.</param>
    /// <param name="body">Its body.</param>
    /// <param name="position">Where it will stand in the journal.</param>
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

    /// <summary>The mark of a record.</summary>
    public static byte[] Mark(IndexFormat format, ReadOnlySpan<byte> record)
    {
        var mark = new byte[format.DigestBytes];
        format.Write(mark, format.Read(record[DigestAt(format)..]) ^ MarkKey);
        return mark;
    }

    /// <summary>Reads a header; null where these bytes are none.</summary>
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
    /// <returns>False where it does not say what it should.</returns>
    public static bool Apply(IndexFormat format, in Header header, ReadOnlySpan<byte> body, EntryTable table) => header.Rows == table.Rows && header.Kind switch
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
