using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.Operators;

namespace Blip.Tests.Kernels;

/// <summary>The variants of an operator: each device with the one it chooses, and the portable one where it would not be chosen.</summary>
public static class Variants
{
    /// <summary>
    /// <c>cpu</c>: with the widest vectors that the processor has. <c>avx2</c>, <c>vector128</c>: with these. <c>portable</c>: the portable
    /// kernel on the CPU accelerator. <c>opencl</c>: as it runs there.
    /// <c>opencl-64</c>: with groups of 64 work-items, which walks the barriers of a GPU. <c>cuda</c>: as it runs there, where there is
    /// one.
    /// </summary>
    public static TheoryData<string> Ids => [.. Devices.Wanted(All, Kind)];

    /// <summary>All variants, on any machine.</summary>
    internal static IReadOnlyList<string> All { get; } = ["cpu", "avx2", "vector128", "portable", "opencl", "opencl-64", "cuda"];

    /// <summary>Whether a variant is to be tested here.</summary>
    internal static bool IsWanted(string variant) => Devices.Wanted([variant], Kind).Any();

    /// <summary>Opens a variant's device, or skips the test with the reason where the machine has none.</summary>
    public static Device Open(string id) => id switch
    {
        "portable" => Devices.Open("cpu", new DeviceOptions { Portable = true }),
        "avx2" => OpenCpu(CpuVectors.Avx2),
        "vector128" => OpenCpu(CpuVectors.Vector128),
        "opencl-64" => Devices.Open("opencl", new DeviceOptions { GroupSize = 64 }),
        _ => Devices.Open(id),
    };

    /// <summary>The variant's name in the catalogue of operators.</summary>
    internal static TestedOn TestedOn(string id) => id switch
    {
        "cpu" => Verification.Operators.TestedOn.Cpu,
        "avx2" or "vector128" => Verification.Operators.TestedOn.NarrowVectors,
        "portable" => Verification.Operators.TestedOn.PortableOnCpu,
        "opencl" => Verification.Operators.TestedOn.OpenCl,
        "opencl-64" => Verification.Operators.TestedOn.OpenClGroups,
        "cuda" => Verification.Operators.TestedOn.Cuda,
        _ => throw new ArgumentException($"There is no variant {id}."),
    };

    private static string Kind(string id) => id switch
    {
        "opencl" or "opencl-64" => "opencl",
        "cuda" => "cuda",
        _ => "cpu",
    };

    /// <summary>Every width of vectors that this processor has.</summary>
    public static IReadOnlyList<CpuVectors> Widths => CpuVectorChoice.Available;

    /// <summary>The CPU accelerator with vectors of one width, or a skip with the reason where this processor lacks them.</summary>
    public static Device OpenCpu(CpuVectors vectors)
    {
        if (!Widths.Contains(vectors))
            Assert.Skip($"this processor has no {vectors}");
        return Device.Open("cpu", new DeviceOptions { Vectors = vectors });
    }
}
