using System.Runtime.InteropServices;
using ILGPU;

namespace Blip.Kernels.Devices;

/// <summary>A place in <see cref="MirroredMemory"/>.</summary>
public abstract class MirroredArray
{
    private protected MirroredArray(int start, int end) => (Start, End) = (start, end);

    internal int Start { get; }

    /// <summary>The end of its bytes, exclusive.</summary>
    internal int End { get; }

    internal abstract void Place(ArrayView<byte> memory);
}

/// <summary>An array on a device and its twin on the host. Neither follows the other automatically.</summary>
/// <typeparam name="T">Element type.</typeparam>
public sealed class MirroredArray<T> : MirroredArray
    where T : unmanaged
{
    private readonly MirroredMemory memory;

    internal MirroredArray(MirroredMemory memory, int start, int length)
        : base(start, checked(start + (length * Interop.SizeOf<T>()))) => (this.memory, Length) = (memory, length);

    /// <summary>Elements.</summary>
    public int Length { get; }

    /// <summary>The elements on the device.</summary>
    public ArrayView<T> View { get; private set; }

    /// <summary>The elements on the host. Waits if a queued copy to the device may still read them.</summary>
    public Span<T> Host => MemoryMarshal.Cast<byte, T>(memory.Host(Start, End));

    /// <summary>Copies from the host to the start of the device's array, and waits.</summary>
    /// <exception cref="ArgumentException">The source is longer than the array.</exception>
    public void CopyFrom(ReadOnlySpan<T> source)
    {
        if (source.Length > Length)
            throw new ArgumentException($"{source.Length} elements do not fit into an array of {Length}.", nameof(source));
        memory.Write(MemoryMarshal.AsBytes(source), Start);
    }

    /// <summary>Waits for queued work and copies the device's elements to a new array.</summary>
    public T[] ToArray()
    {
        var result = new T[Length];
        memory.Read(MemoryMarshal.AsBytes(result.AsSpan()), Start);
        return result;
    }

    /// <inheritdoc/>
    internal override void Place(ArrayView<byte> memory) =>
        View = (Length == 0 ? memory.SubView(0, 0) : memory.SubView(Start, End - Start)).Cast<T>();
}
