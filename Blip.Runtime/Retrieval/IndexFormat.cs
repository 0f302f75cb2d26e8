using System.Buffers.Binary;
using System.IO.Hashing;
using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Retrieval;

/// <summary>A version of an index's files.</summary>
internal sealed class IndexFormat
{
    /// <summary>The first version, only read: opening to write rewrites it.</summary>
    public static readonly IndexFormat First = new(1, sizeof(ulong));

    /// <summary>The version that is written: XxHash128 over position and content.</summary>
    public static readonly IndexFormat Current = new(2, 16);

    private IndexFormat(int version, int digestBytes) => (Version, DigestBytes) = (version, digestBytes);

    public int Version { get; }

    public int DigestBytes { get; }

    /// <summary>The format of a version; null for an unknown one.</summary>
    public static IndexFormat? Of(int version) => new[] { First, Current }.FirstOrDefault(format => format.Version == version);

    /// <summary>A checksum over content and position, so that swapped parts are noticed. Position 0 is for a part that may move.</summary>
    public UInt128 Digest(ReadOnlySpan<byte> bytes, long position)
    {
        if (this == Current)
            return XxHash128.HashToUInt128(bytes, position);
        // Equal changes in two of the four lanes cancel out, hence the second version.
        var lanes = PackedDigest.Of(bytes);
        return (ulong)(lanes >> 64) ^ (ulong)lanes;
    }

    public void Write(Span<byte> to, UInt128 digest)
    {
        if (this == Current)
            BinaryPrimitives.WriteUInt128LittleEndian(to, digest);
        else
            BinaryPrimitives.WriteUInt64LittleEndian(to, (ulong)digest);
    }

    public UInt128 Read(ReadOnlySpan<byte> from) =>
        this == Current ? BinaryPrimitives.ReadUInt128LittleEndian(from) : BinaryPrimitives.ReadUInt64LittleEndian(from);
}
