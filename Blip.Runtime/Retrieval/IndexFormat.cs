using System.Buffers.Binary;
using System.IO.Hashing;
using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Retrieval;

/// <summary>A version of an index's files.</summary>
internal sealed class IndexFormat
{
    /// <summary>The first version, only read: opening to write rewrites it.</summary>
    public static readonly IndexFormat First = new(1, sizeof(ulong));

    /// <summary>The second version, only read: XxHash128 over position and content.</summary>
    public static readonly IndexFormat Second = new(2, WideDigest);

    /// <summary>The version that is written: the header also has the frames of a clip.</summary>
    public static readonly IndexFormat Current = new(3, WideDigest) { HasFrames = true };

    private const int WideDigest = 16;

    private IndexFormat(int version, int digestBytes) => (Version, DigestBytes) = (version, digestBytes);

    public int Version { get; }

    public int DigestBytes { get; }

    /// <summary>Whether the header records the frames of each clip.</summary>
    public bool HasFrames { get; private init; }

    /// <summary>Whether checksums are XxHash128; the first version's have half the bytes.</summary>
    public bool IsWide => DigestBytes == WideDigest;

    /// <summary>The format of a version; null for an unknown one.</summary>
    public static IndexFormat? Of(int version) => new[] { First, Second, Current }.FirstOrDefault(format => format.Version == version);

    /// <summary>A checksum over content and position, so that swapped parts are noticed. Position 0 is for a part that may move.</summary>
    public UInt128 Digest(ReadOnlySpan<byte> bytes, long position)
    {
        if (IsWide)
            return XxHash128.HashToUInt128(bytes, position);
        // Equal changes in two of the four lanes cancel out, hence the second version.
        var lanes = PackedDigest.Of(bytes);
        return (ulong)(lanes >> 64) ^ (ulong)lanes;
    }

    public void Write(Span<byte> to, UInt128 digest)
    {
        if (IsWide)
            BinaryPrimitives.WriteUInt128LittleEndian(to, digest);
        else
            BinaryPrimitives.WriteUInt64LittleEndian(to, (ulong)digest);
    }

    public UInt128 Read(ReadOnlySpan<byte> from) =>
        IsWide ? BinaryPrimitives.ReadUInt128LittleEndian(from) : BinaryPrimitives.ReadUInt64LittleEndian(from);
}
