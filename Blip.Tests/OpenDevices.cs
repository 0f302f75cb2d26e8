using Blip.Kernels.Devices;

namespace Blip.Tests;

/// <summary>Devices that the tests of a class share, one after the other: an OpenCL driver compiles each kernel once.</summary>
public sealed class OpenDevices : IDisposable
{
    private readonly Dictionary<string, Device> open = [];

    /// <summary>The device, or the test is skipped with the reason where the machine has none of the kind.</summary>
    public Device Get(string id)
    {
        if (!open.TryGetValue(id, out var device))
            open.Add(id, device = Devices.Open(id));
        return device;
    }

    public void Dispose()
    {
        foreach (var device in open.Values)
            device.Dispose();
    }
}
