using System.Buffers;
using System.Runtime.InteropServices;
using Blip.Kernels;

namespace Blip.Runtime.Checkpoints;

/// <summary>Elements in a file, read in pieces that a core's cache holds.</summary>
internal static class StoredElements
{
    private const int Piece = 1 << 16;

    /// <summary>Reads elements that lie one after the other, from a byte offset of the file.</summary>
    public static void Read(MappedFile file, DType type, long offset, Span<float> destination)
    {
        if (type == DType.Float32)
        {
            file.Read(offset, MemoryMarshal.AsBytes(destination));
            return;
        }
        var stored = ArrayPool<byte>.Shared.Rent(Math.Min(destination.Length, Piece) * type.Bytes());
        while (!destination.IsEmpty)
        {
            var count = Math.Min(destination.Length, Piece);
            var bytes = stored.AsSpan(0, count * type.Bytes());
            file.Read(offset, bytes);
            TensorConversion.ToFloat32(type, bytes, destination[..count]);
            destination = destination[count..];
            offset += bytes.Length;
        }
        ArrayPool<byte>.Shared.Return(stored);
    }
}
