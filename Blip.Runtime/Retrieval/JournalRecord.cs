using System.Buffers.Binary;
using System.Text;

namespace Blip.Runtime.Retrieval;

/// <summary>
/// One addition or removal in a journal: 40 bytes of header with a checksum of its own, the body, and 8 bytes of a mark that is written
/// when all before it is on disk. Whoever reads can tell a record that was never finished, which is as good as none, from one that was
/// finished and damaged later, which is an error.
/// </summary>
internal static class JournalRecord
{
    /// <summary>Bytes of a record's header, and of its mark.</summary>
    public const int HeaderBytes = 40, MarkBytes = sizeof(ulong);

    /// <summary>Most bytes of a body.</summary>
    public const int MaxBody = 1 << 30;

    /// <summary>Most bytes of an id.</summary>
    public const int MaxIdBytes = 1 << 16;

    private const uint Magic = 0x52434C42;
    private const ulong MarkKey = 0x9E3779B97F4A7C15;
    private const int KindAt = 4, CountAt = 8, BodyAt = 12, RowsAt = 16, BodyDigestAt = 24, DigestAt = 32;
    private const int EntryBytes = sizeof(ulong) + (2 * sizeof(long)) + sizeof(int);

    /// <summary>What a record says.</summary>
    public enum Kind
    {
        /// <summary>New rows.</summary>
        Add = 1,

        /// <summary>Rows that are no longer there.</summary>
        Remove = 2,
    }

    /// <summary>A record's header.</summary>
    /// <param name="Kind">What it says.</param>
    /// <param name="Count">Of how many rows.</param>
    /// <param name="BodyBytes">Length of the body.</param>
    /// <param name="Rows">Rows of the index before it.</param>
    /// <param name="BodyDigest">Checksum of the body.</param>
    /// <param name="Digest">Checksum of the header.</param>
    public readonly record struct Header(Kind Kind, int Count, int BodyBytes, long Rows, ulong BodyDigest, ulong Digest)
    {
        /// <summary>The mark that ends the record.</summary>
        public ulong Mark => Digest ^ MarkKey;
    }

    /// <summary>Bytes that an entry takes.</summary>
    public static int BytesOf(string id) => EntryBytes + Encoding.UTF8.GetByteCount(id);

    /// <summary>The body of an addition.</summary>
    public static byte[] Body(IReadOnlyList<IndexEntry> entries, ReadOnlySpan<ulong> digests)
    {
        var body = new byte[entries.Sum(entry => BytesOf(entry.Id))];
        var at = 0;
        for (var i = 0; i < entries.Count; i++)
        {
            var (id, length, modified) = entries[i];
            var idBytes = Encoding.UTF8.GetBytes(id, body.AsSpan(at + EntryBytes));
            BinaryPrimitives.WriteUInt64LittleEndian(body.AsSpan(at), digests[i]);
            BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(at + 8), length);
            BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(at + 16), modified);
            BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(at + 24), idBytes);
            at += EntryBytes + idBytes;
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
    public static (byte[] Record, byte[] Mark) ToBytes(Kind kind, int count, long rows, ReadOnlySpan<byte> body)
    {
        var record = new byte[HeaderBytes + body.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(record, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(KindAt), (int)kind);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(CountAt), count);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(BodyAt), body.Length);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(RowsAt), rows);
        BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(BodyDigestAt), IndexFiles.Digest(body));
        BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(DigestAt), IndexFiles.Digest(record.AsSpan(0, DigestAt)));
        body.CopyTo(record.AsSpan(HeaderBytes));
        return (record, Mark(record));
    }

    /// <summary>The mark of a record.</summary>
    public static byte[] Mark(ReadOnlySpan<byte> record)
    {
        var mark = new byte[MarkBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(mark, BinaryPrimitives.ReadUInt64LittleEndian(record[DigestAt..]) ^ MarkKey);
        return mark;
    }

    /// <summary>Reads a header; null where these bytes are none.</summary>
    public static Header? ReadHeader(ReadOnlySpan<byte> bytes)
    {
        var digest = BinaryPrimitives.ReadUInt64LittleEndian(bytes[DigestAt..]);
        if (digest != IndexFiles.Digest(bytes[..DigestAt]) || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
            return null;
        var header = new Header(
            (Kind)BinaryPrimitives.ReadInt32LittleEndian(bytes[KindAt..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[CountAt..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[BodyAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[RowsAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[BodyDigestAt..]),
            digest);
        return header.BodyBytes is >= 0 and <= MaxBody && header.Count >= 0 ? header : null;
    }

    /// <summary>Applies a body, whose checksum was right, to a table.</summary>
    /// <returns>False where it does not say what it should.</returns>
    public static bool Apply(in Header header, ReadOnlySpan<byte> body, EntryTable table) => header.Rows == table.Rows && header.Kind switch
    {
        Kind.Add => Add(header.Count, body, table),
        Kind.Remove => Remove(header.Count, body, table),
        _ => false,
    };

    private static bool Add(int count, ReadOnlySpan<byte> body, EntryTable table)
    {
        for (var i = 0; i < count; i++)
        {
            if (body.Length < EntryBytes)
                return false;
            var idBytes = BinaryPrimitives.ReadInt32LittleEndian(body[24..]);
            if (idBytes is <= 0 or > MaxIdBytes || body.Length < EntryBytes + idBytes)
                return false;
            table.Add(
                body.Slice(EntryBytes, idBytes),
                BinaryPrimitives.ReadInt64LittleEndian(body[8..]),
                BinaryPrimitives.ReadInt64LittleEndian(body[16..]),
                BinaryPrimitives.ReadUInt64LittleEndian(body));
            body = body[(EntryBytes + idBytes)..];
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
