namespace Blip.Kernels.Devices;

/// <summary>A device's properties, before it is opened.</summary>
/// <param name="Id">The name that opens it: <c>cpu</c>, <c>opencl:0</c>, <c>cuda:1</c>.</param>
/// <param name="Kind">Which back end drives it.</param>
/// <param name="Name">The name that its driver gives.</param>
/// <param name="IsProcessor">True where kernels run on CPU cores (the CPU accelerator, or OpenCL on a processor).</param>
/// <param name="MemoryBytes">Device memory in bytes; for a processor, the memory available to this process.</param>
/// <param name="Units">Multiprocessors, compute units or threads.</param>
public sealed record DeviceDescription(string Id, DeviceKind Kind, string Name, bool IsProcessor, long MemoryBytes, int Units)
{
    /// <summary>The driver's version; empty where there is none.</summary>
    public string Driver { get; init; } = "";

    /// <summary>
    /// The tile of the linear layer, and where it comes from, in words: <c>6x16, default</c>, <c>float32 6x32, tuned</c>, <c>CUDA's own</c>. On
    /// <see cref="DeviceKind.Cpu"/> what machine code multiplies: <c>w8a8 by vpdpbusd</c>; null where the vectors of .NET do it all. Told by <see cref="Device.List"/>; null elsewhere.
    /// </summary>
    public string? Tile { get; init; }

    /// <summary>The vectors that its variants compute with, on <see cref="DeviceKind.Cpu"/>; null elsewhere.</summary>
    public CpuVectors? Vectors { get; init; }
}
