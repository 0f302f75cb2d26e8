using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Blip.Runtime.Checkpoints;

/// <summary>Hardware CRC-32C in four lanes of 8 bytes each. It finds damage, not forgery.</summary>
internal static class PackedDigest
{
    private const int Block = 4 * sizeof(ulong);

    /// <summary>A tail shorter than 32 bytes counts as if filled up with zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static UInt128 Of(ReadOnlySpan<byte> bytes)
    {
        uint a = uint.MaxValue, b = a, c = a, d = a;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes[..(bytes.Length / Block * Block)]);
        for (var i = 0; i + 3 < words.Length; i += 4)
        {
            a = BitOperations.Crc32C(a, words[i]);
            b = BitOperations.Crc32C(b, words[i + 1]);
            c = BitOperations.Crc32C(c, words[i + 2]);
            d = BitOperations.Crc32C(d, words[i + 3]);
        }
        if (bytes.Length % Block > 0)
        {
            Span<byte> tail = stackalloc byte[Block];
            tail.Clear();
            bytes[(bytes.Length / Block * Block)..].CopyTo(tail);
            a = BitOperations.Crc32C(a, BinaryPrimitives.ReadUInt64LittleEndian(tail));
            b = BitOperations.Crc32C(b, BinaryPrimitives.ReadUInt64LittleEndian(tail[8..]));
            c = BitOperations.Crc32C(c, BinaryPrimitives.ReadUInt64LittleEndian(tail[16..]));
            d = BitOperations.Crc32C(d, BinaryPrimitives.ReadUInt64LittleEndian(tail[24..]));
        }
        return new UInt128(((ulong)a << 32) | b, ((ulong)c << 32) | d);
    }
}
