using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// A packed file, little-endian: magic, file version, packing version, table length, file length, source identity, SHA-256 of these and the
/// table; then the table; then each matrix, beginning at a page.
/// </summary>
internal static class PackedLayout
{
    /// <summary>The alignment of each matrix; one page follows the last one.</summary>
    public const int Page = 4096;

    public const int HeaderBytes = HashAt + SHA256.HashSizeInBytes;

    private const int Version = 1;
    private const int LongestTable = 16 << 20;
    private const int VersionAt = 8, PackingAt = 12, TableAt = 16, LengthAt = 24, IdentityAt = 32,
        HashAt = IdentityAt + PackedIdentity.Length;

    private static ReadOnlySpan<byte> Magic => "BLIPPACK"u8;

    public readonly record struct Entry(PackedTensor Tensor, long Offset, UInt128 Digest);

    /// <summary>Offsets of consecutive matrices of these sizes, and the end of the last.</summary>
    public static long[] Offsets(long first, IEnumerable<long> bytes)
    {
        var offsets = new List<long> { first };
        foreach (var count in bytes)
            offsets.Add(Pages(offsets[^1] + count));
        return [.. offsets];
    }

    public static long Pages(long bytes) => (bytes + Page - 1) / Page * Page;

    /// <summary>The table; its length depends on the names alone.</summary>
    public static byte[] Table(IReadOnlyCollection<Entry> entries)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(entries.Count);
        foreach (var (tensor, offset, digest) in entries)
        {
            writer.Write(tensor.Name);
            writer.Write(tensor.Format);
            writer.Write(tensor.OutFeatures);
            writer.Write(tensor.InFeatures);
            writer.Write(tensor.Bytes);
            writer.Write(offset);
            writer.Write((ulong)(digest >> 64));
            writer.Write((ulong)digest);
        }
        writer.Flush();
        return stream.ToArray();
    }

    public static byte[] Header(int packing, ReadOnlySpan<byte> identity, ReadOnlySpan<byte> table, long fileLength)
    {
        var header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(VersionAt), Version);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(PackingAt), packing);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(TableAt), table.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(LengthAt), fileLength);
        identity.CopyTo(header.AsSpan(IdentityAt));
        Hash(header, table).CopyTo(header.AsSpan(HashAt));
        return header;
    }

    /// <summary>Null with a reason where the file cannot be used.</summary>
    public static IReadOnlyList<Entry>? Read(MappedFile file, int packing, ReadOnlySpan<byte> identity, out string? flaw)
    {
        flaw = "is damaged";
        if (file.Length < HeaderBytes)
            return null;
        ReadOnlySpan<byte> header = Part(file, 0, HeaderBytes);
        if (!header.StartsWith(Magic))
            return null;
        if (BinaryPrimitives.ReadInt32LittleEndian(header[VersionAt..]) != Version
            || BinaryPrimitives.ReadInt32LittleEndian(header[PackingAt..]) != packing)
        {
            flaw = "was written by another version of this program";
            return null;
        }
        var (table, length) =
            (BinaryPrimitives.ReadInt64LittleEndian(header[TableAt..]), BinaryPrimitives.ReadInt64LittleEndian(header[LengthAt..]));
        if (length != file.Length || table < 0 || table > Math.Min(LongestTable, length - HeaderBytes))
            return null;
        var bytes = Part(file, HeaderBytes, (int)table);
        if (!Hash(header, bytes).AsSpan().SequenceEqual(header[HashAt..]))
            return null;
        if (!header.Slice(IdentityAt, PackedIdentity.Length).SequenceEqual(identity))
        {
            flaw = "belongs to other weights, or to these before they were changed";
            return null;
        }
        if (Entries(bytes) is not { } entries
            || entries.Any(entry => entry.Offset < HeaderBytes || entry.Offset % Page != 0 || entry.Tensor.Bytes is < 0 or > int.MaxValue
            || entry.Offset > length - Page || entry.Tensor.Bytes > length - Page - entry.Offset))
            return null;
        flaw = null;
        return entries;
    }

    private static byte[] Part(MappedFile file, long offset, int length)
    {
        var part = new byte[length];
        file.Read(offset, part);
        return part;
    }

    // A forged table may have the right checksum, so its numbers are checked, too.
    private static List<Entry>? Entries(byte[] table)
    {
        var stream = new MemoryStream(table);
        using var reader = new BinaryReader(stream, Encoding.UTF8);
        var entries = new List<Entry>();
        try
        {
            var count = reader.ReadInt32();
            if (count < 0)
                return null;
            for (; count > 0; count--)
            {
                var tensor = new PackedTensor(
                    reader.ReadString(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt64());
                entries.Add(new Entry(tensor, reader.ReadInt64(), new UInt128(reader.ReadUInt64(), reader.ReadUInt64())));
            }
        }
        catch (Exception e) when (e is IOException or FormatException or ArgumentException)
        {
            return null;
        }
        return stream.Position == stream.Length ? entries : null;
    }

    private static byte[] Hash(ReadOnlySpan<byte> header, ReadOnlySpan<byte> table)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(header[..HashAt]);
        hash.AppendData(table);
        return hash.GetHashAndReset();
    }
}
