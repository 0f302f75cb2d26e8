using System.Buffers.Binary;
using System.Text;
using Blip.Kernels;

namespace Blip.Runtime.Retrieval;

/// <summary>
/// The beginning of a journal: the vectors' model and file. A compacted index has a new <paramref name="Generation"/> of files.
/// </summary>
internal sealed record JournalHeader(int Dimension, long Generation, IndexModel Model, IndexFormat Format)
{
    public const int MaxBytes = NameAt + IndexModel.MaxNameBytes + MostDigestBytes;

    private const int VersionAt = 8, DimensionAt = 12, GenerationAt = 16, FingerprintAt = 24,
        NameLengthAt = FingerprintAt + IndexModel.FingerprintLength, NameAt = NameLengthAt + 4;
    private const int MostDigestBytes = 16;

    private static ReadOnlySpan<byte> Magic => "BLIPINDX"u8;

    public byte[] ToBytes()
    {
        var name = Encoding.UTF8.GetBytes(Model.Name);
        var bytes = new byte[NameAt + name.Length + Format.DigestBytes];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(VersionAt), Format.Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(DimensionAt), Dimension);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(GenerationAt), Generation);
        Model.Fingerprint.CopyTo(bytes.AsSpan(FingerprintAt));
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(NameLengthAt), name.Length);
        name.CopyTo(bytes.AsSpan(NameAt));
        Format.Write(bytes.AsSpan(NameAt + name.Length), Format.Digest(bytes.AsSpan(0, NameAt + name.Length), 0));
        return bytes;
    }

    /// <summary>Reads a header from the first bytes of a file.</summary>
    public static JournalHeader Read(string path, ReadOnlySpan<byte> bytes, out int length)
    {
        if (bytes.Length < Magic.Length || !bytes[..Magic.Length].SequenceEqual(Magic))
            throw new IndexException(
                $"{path}: this is no index of ours, or its beginning is damaged. Name an index that 'blip index' made, or another name for "
                    + $"a new one.");
        if (bytes.Length < NameAt)
            throw VectorFile.Damaged(path, "it ends within its first lines");
        var nameLength = BinaryPrimitives.ReadInt32LittleEndian(bytes[NameLengthAt..]);
        var version = BinaryPrimitives.ReadInt32LittleEndian(bytes[VersionAt..]);
        var known = IndexFormat.Of(version);
        var format = known ?? IndexFormat.Current;
        if (nameLength is < 0 or > IndexModel.MaxNameBytes || bytes.Length < NameAt + nameLength + format.DigestBytes)
            throw VectorFile.Damaged(path, "its first lines are not what was written");
        // The checksum of another version is right; a damaged header's is not.
        if (format.Read(bytes[(NameAt + nameLength)..]) != format.Digest(bytes[..(NameAt + nameLength)], 0))
            throw VectorFile.Damaged(path, "its first lines are not what was written");
        if (known is null)
            throw new IndexException(
                $"{path}: it was written by another version of this program (format {version}, this one reads up to "
                    + $"{IndexFormat.Current.Version}); index the images again under another name.");
        var dimension = BinaryPrimitives.ReadInt32LittleEndian(bytes[DimensionAt..]);
        if (dimension is < 1 or > VectorSearch.MaxDimension)
            throw VectorFile.Damaged(path, "its first lines are not what was written");
        length = NameAt + nameLength + format.DigestBytes;
        return new JournalHeader(
            dimension,
            BinaryPrimitives.ReadInt64LittleEndian(bytes[GenerationAt..]),
            new IndexModel(Encoding.UTF8.GetString(bytes.Slice(NameAt, nameLength)),
                bytes.Slice(FingerprintAt, IndexModel.FingerprintLength)),
            format);
    }
}
