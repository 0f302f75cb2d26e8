using Blip.Kernels.Devices;

namespace Blip.Tests;

/// <summary>The devices that a kernel test runs on.</summary>
public static class Devices
{
    private static readonly Lazy<IReadOnlyList<DeviceDescription>> Present = new(Device.List);

    /// <summary>The CPU accelerator, and OpenCL.</summary>
    public static TheoryData<string> Ids => ["cpu", "opencl"];

    /// <summary>Whether the machine has a device of the kind.</summary>
    public static bool Has(string id) => id == "cpu" || Present.Value.Any(device => device.Id.StartsWith(id, StringComparison.Ordinal));

    /// <summary>Opens a device, or skips the test with the reason where the machine has none of the kind.</summary>
    public static Device Open(string id, DeviceOptions? options = null)
    {
        if (!Has(id))
            Assert.Skip($"no {id} device on this machine (PoCL 5 or newer gives OpenCL on any processor)");
        return Device.Open(id, options);
    }
}
