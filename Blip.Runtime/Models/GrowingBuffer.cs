using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Runtime.Models;

/// <summary>Device memory that is reused and only ever grows.</summary>
internal sealed class GrowingBuffer<T>(Device device) : IDisposable
    where T : unmanaged
{
    private DeviceBuffer<T>? buffer;

    public long Length => buffer?.Length ?? 0;

    /// <summary>A view of this many elements; growing loses the old contents.</summary>
    public ArrayView<T> View(long length)
    {
        if (buffer is null || buffer.Length < length)
        {
            device.Synchronize();
            buffer?.Dispose();
            buffer = device.Allocate<T>(length);
        }
        return buffer.View.SubView(0, length);
    }

    /// <summary>Copies values from the host to the start.</summary>
    public ArrayView<T> Fill(ReadOnlySpan<T> values)
    {
        var view = View(values.Length);
        buffer!.CopyFrom(values);
        return view;
    }

    /// <summary>Waits for earlier work, then copies from the start to the host.</summary>
    public T[] Read(int length)
    {
        var values = new T[length];
        View(length);
        buffer!.CopyTo(values);
        return values;
    }

    /// <inheritdoc/>
    public void Dispose() => buffer?.Dispose();
}
