using Blip.Kernels.Devices;

namespace Blip.Verification.Operators;

internal sealed class OperatorBuffers(Device device) : IDisposable
{
    private readonly List<IDisposable> owned = [];

    public Device Device => device;

    public DeviceBuffer<T> Upload<T>(params T[] values)
        where T : unmanaged => Own(device.Upload<T>(values));

    public DeviceBuffer<T> Allocate<T>(long length)
        where T : unmanaged => Own(device.Allocate<T>(length));

    /// <summary>Frees a resource with the buffers.</summary>
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
