using Blip.Emulation.Driver;
using Blip.Kernels.Devices;

namespace Blip.Tests;

/// <summary>The devices that a kernel test runs on.</summary>
public static class Devices
{
    private static readonly Lazy<IReadOnlyList<DeviceDescription>> Present = new(Device.List);

    /// <summary>
    /// The CPU accelerator, OpenCL, and CUDA where there is an NVIDIA GPU. The environment variable <c>BLIP_TEST_DEVICES</c> names others,
    /// with a comma between each: a GPU machine runs <c>cuda</c> alone, and an emulated driver is tested with it.
    /// </summary>
    public static TheoryData<string> Ids => [.. Wanted(["cpu", "opencl", "cuda"], id => id)];

    /// <summary>Those of some variants that are to run here.</summary>
    /// <param name="variants">All there are.</param>
    /// <param name="device">The device of each.</param>
    internal static IEnumerable<string> Wanted(IEnumerable<string> variants, Func<string, string> device)
    {
        // A driver that stands in for a GPU is slow, and is asked for by name.
        var kinds = TestSwitches.Read(TestSwitches.Devices)
            ?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            ?? (Has("cuda") && TestSwitches.Read(EmulatedDriver.Variable) is null ? ["cpu", "opencl", "cuda"] : ["cpu", "opencl"]);
        return variants.Where(variant => kinds.Contains(device(variant)));
    }

    /// <summary>Whether the machine has a device of the kind.</summary>
    public static bool Has(string id) => id == "cpu" || Present.Value.Any(device => device.Id.StartsWith(id, StringComparison.Ordinal));

    /// <summary>Opens an NVIDIA GPU; where there is none the emulated one, or skips the test with the reason.</summary>
    internal static Device OpenCuda() => Has("cuda") ? Device.Open("cuda") : Emulation.EmulatedDevices.Open();

    /// <summary>Opens a device, or skips the test with the reason where the machine has none of the kind.</summary>
    public static Device Open(string id, DeviceOptions? options = null)
    {
        if (!Has(id))
            Assert.Skip($"no {id} device on this machine{(id == "opencl" ? " (PoCL 5 or newer gives OpenCL on any processor)" : "")}");
        return Device.Open(id, options);
    }
}
