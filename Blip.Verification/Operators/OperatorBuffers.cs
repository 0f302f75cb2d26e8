using Blip.Kernels.Devices;

namespace Blip.Verification.Operators;

/// <summary>The device memory of a prepared case.</summary>
/// <param name="device">The device.</param>
internal sealed class OperatorBuffers(Device device) : IDisposable
{
    private readonly List<IDisposable> owned = [];

    /// <summary>Where the buffers lie.</summary>
    public Device Device => device;

    /// <summary>Copies values to a new buffer.</summary>
    public DeviceBuffer<T> Upload<T>(params T[] values)
        where T : unmanaged => Own(device.Upload<T>(values));

    /// <summary>Makes a buffer without values.</summary>
    public DeviceBuffer<T> Allocate<T>(long length)
        where T : unmanaged => Own(device.Allocate<T>(length));

    /// <summary>Takes something that is freed with the buffers.</summary>
    public T Own<T>(T resource)
        where T : IDisposable
    {
        owned.Add(resource);
        return resource;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var one in owned)
            one.Dispose();
        owned.Clear();
    }
}
