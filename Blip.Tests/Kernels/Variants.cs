using Blip.Kernels.Devices;

namespace Blip.Tests.Kernels;

/// <summary>The variants of an operator: each device with the one it chooses, and the portable one where it would not be chosen.</summary>
public static class Variants
{
    /// <summary>
    /// <c>cpu</c>: with vector instructions. <c>portable</c>: the portable kernel on the CPU accelerator. <c>opencl</c>: as it runs there.
    /// <c>opencl-64</c>: with groups of 64 work-items, which walks the barriers of a GPU.
    /// </summary>
    public static TheoryData<string> Ids => ["cpu", "portable", "opencl", "opencl-64"];

    /// <summary>Opens a variant's device, or skips the test with the reason where the machine has none.</summary>
    public static Device Open(string id) => id switch
    {
        "portable" => Devices.Open("cpu"),
        "opencl-64" => Devices.Open("opencl", new DeviceOptions { GroupSize = 64 }),
        _ => Devices.Open(id),
    };

    /// <summary>Whether the variant is the portable one.</summary>
    public static bool Portable(string id) => id != "cpu";
}
