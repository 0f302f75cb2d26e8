namespace Blip.Runtime.Checkpoints;

/// <summary>Elements in a mapped file, converted in pieces that a span can hold.</summary>
internal static class StoredElements
{
    private const int Piece = 1 << 26;

    /// <summary>Reads elements that lie one after the other, from a byte offset of the file.</summary>
    public static void Read(MappedFile file, TensorType type, long offset, Span<float> destination)
    {
        while (!destination.IsEmpty)
        {
            var count = Math.Min(destination.Length, Piece);
            TensorConversion.ToFloat32(type, file.Span(offset, count * type.Size()), destination[..count]);
            destination = destination[count..];
            offset += (long)count * type.Size();
        }
    }
}
