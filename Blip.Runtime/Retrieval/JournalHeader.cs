using System.Buffers.Binary;
using System.Text;
using Blip.Kernels;

namespace Blip.Runtime.Retrieval;

/// <summary>
/// The beginning of a journal: the vectors' model and file. A compacted index has a new <paramref name="Generation"/> of files.
/// </summary>
internal sealed record JournalHeader(int Dimension, long Generation, IndexModel Model, IndexFormat Format)
{
    public const int MaxBytes = FramesAt + 4 + IndexModel.MaxNameBytes + MostDigestBytes;

    private const int VersionAt = 8, DimensionAt = 12, GenerationAt = 16, FingerprintAt = 24,
        NameLengthAt = FingerprintAt + IndexModel.FingerprintLength, FramesAt = NameLengthAt + 4;
    private const int MostDigestBytes = 16;

    // In the place of the frames of a clip.
    private const int NotRecorded = -1;

    private static ReadOnlySpan<byte> Magic => "BLIPINDX"u8;

    public byte[] ToBytes()
    {
        var (name, nameAt) = (Encoding.UTF8.GetBytes(Model.Name), NameAt(Format));
        var bytes = new byte[nameAt + name.Length + Format.DigestBytes];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(VersionAt), Format.Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(DimensionAt), Dimension);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(GenerationAt), Generation);
        Model.Fingerprint.CopyTo(bytes.AsSpan(FingerprintAt));
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(NameLengthAt), name.Length);
        if (Format.HasFrames)
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(FramesAt), Model.Frames ?? NotRecorded);
        name.CopyTo(bytes.AsSpan(nameAt));
        Format.Write(bytes.AsSpan(nameAt + name.Length), Format.Digest(bytes.AsSpan(0, nameAt + name.Length), 0));
        return bytes;
    }

    /// <summary>Reads a header from the first bytes of a file.</summary>
    public static JournalHeader Read(string path, ReadOnlySpan<byte> bytes, out int length)
    {
        if (bytes.Length < Magic.Length || !bytes[..Magic.Length].SequenceEqual(Magic))
            throw new IndexException(
                $"{path}: this is no index of ours, or its beginning is damaged. Name an index that 'blip index' made, or another name for "
                    + $"a new one.");
        if (bytes.Length < FramesAt)
            throw VectorFile.Damaged(path, "it ends within its first lines");
        var nameLength = BinaryPrimitives.ReadInt32LittleEndian(bytes[NameLengthAt..]);
        var version = BinaryPrimitives.ReadInt32LittleEndian(bytes[VersionAt..]);
        var known = IndexFormat.Of(version);
        var format = known ?? IndexFormat.Current;
        var nameAt = NameAt(format);
        if (nameLength is < 0 or > IndexModel.MaxNameBytes || bytes.Length < nameAt + nameLength + format.DigestBytes)
            throw VectorFile.Damaged(path, "its first lines are not what was written");
        // The checksum of another version is right; a damaged header's is not.
        if (format.Read(bytes[(nameAt + nameLength)..]) != format.Digest(bytes[..(nameAt + nameLength)], 0))
            throw VectorFile.Damaged(path, "its first lines are not what was written");
        if (known is null)
            throw new IndexException(
                $"{path}: it was written by another version of this program (format {version}, this one reads up to "
                    + $"{IndexFormat.Current.Version}); index the images again under another name.");
        var dimension = BinaryPrimitives.ReadInt32LittleEndian(bytes[DimensionAt..]);
        if (dimension is < 1 or > VectorSearch.MaxDimension)
            throw VectorFile.Damaged(path, "its first lines are not what was written");
        var frames = format.HasFrames ? BinaryPrimitives.ReadInt32LittleEndian(bytes[FramesAt..]) : NotRecorded;
        length = nameAt + nameLength + format.DigestBytes;
        return new JournalHeader(
            dimension,
            BinaryPrimitives.ReadInt64LittleEndian(bytes[GenerationAt..]),
            new IndexModel(Encoding.UTF8.GetString(bytes.Slice(nameAt, nameLength)),
                bytes.Slice(FingerprintAt, IndexModel.FingerprintLength))
            {
                Frames = frames >= 0 ? frames : null,
            },
            format);
    }

    private static int NameAt(IndexFormat format) => format.HasFrames ? FramesAt + 4 : FramesAt;
}
