using System.Buffers;
using System.Runtime.InteropServices;
using Blip.Kernels;

namespace Blip.Runtime.Checkpoints;

/// <summary>Reads stored elements in pieces that fit a core's cache.</summary>
internal static class StoredElements
{
    private const int Piece = 1 << 16;

    /// <summary>Reads consecutive elements from a byte offset of the file.</summary>
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
