using System.Buffers.Binary;
using System.IO.Hashing;
using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Retrieval;

/// <summary>A version of the files of an index: how its checksums are made, and how many bytes they take.</summary>
internal sealed class IndexFormat
{
    /// <summary>The first version, which is read; the next addition rewrites it as the current one.</summary>
    public static readonly IndexFormat First = new(1, sizeof(ulong));

    /// <summary>The version that is written: XxHash128 over position and content.</summary>
    public static readonly IndexFormat Current = new(2, 16);

    private IndexFormat(int version, int digestBytes) => (Version, DigestBytes) = (version, digestBytes);

    /// <summary>Its number.</summary>
    public int Version { get; }

    /// <summary>Bytes of a checksum.</summary>
    public int DigestBytes { get; }

    /// <summary>The format of a number; null where this program knows none.</summary>
    public static IndexFormat? Of(int version) => new[] { First, Current }.FirstOrDefault(format => format.Version == version);

    /// <summary>A checksum.</summary>
    /// <param name="bytes">The content.</param>
    /// <param name="position">Where it stands in its file, so that swapped parts are noticed; 0 for a part that may stand anywhere.</param>
    public UInt128 Digest(ReadOnlySpan<byte> bytes, long position)
    {
        if (this == Current)
            return XxHash128.HashToUInt128(bytes, position);
        // Equal changes in two of the four lanes cancel each other: why there is a second version.
        var lanes = PackedDigest.Of(bytes);
        return (ulong)(lanes >> 64) ^ (ulong)lanes;
    }

    /// <summary>Writes a checksum.</summary>
    public void Write(Span<byte> to, UInt128 digest)
    {
        if (this == Current)
            BinaryPrimitives.WriteUInt128LittleEndian(to, digest);
        else
            BinaryPrimitives.WriteUInt64LittleEndian(to, (ulong)digest);
    }

    /// <summary>Reads a checksum.</summary>
    public UInt128 Read(ReadOnlySpan<byte> from) =>
        this == Current ? BinaryPrimitives.ReadUInt128LittleEndian(from) : BinaryPrimitives.ReadUInt64LittleEndian(from);
}
