namespace Blip.Kernels.Devices;

/// <summary>A device's properties, known before it is opened.</summary>
/// <param name="Id">The name that opens it: <c>cpu</c>, <c>opencl:0</c>, <c>cuda:1</c>.</param>
/// <param name="Kind">The back end.</param>
/// <param name="Name">The driver's name for it.</param>
/// <param name="IsProcessor">Whether kernels run on CPU cores (CPU accelerator, or OpenCL on a processor).</param>
/// <param name="MemoryBytes">Device memory in bytes; for a processor, the memory available to this process.</param>
/// <param name="Units">Multiprocessors, compute units or threads.</param>
public sealed record DeviceDescription(string Id, DeviceKind Kind, string Name, bool IsProcessor, long MemoryBytes, int Units)
{
    /// <summary>The driver's version, or empty.</summary>
    public string Driver { get; init; } = "";

    /// <summary>
    /// The linear layer's tile and its origin: <c>6x16, default</c>, <c>float32 6x32, tuned</c>, <c>CUDA's own</c>. On
    /// <see cref="DeviceKind.Cpu"/> the products that machine code computes: <c>w8a8 by vpdpbusd</c>, or null. Only
    /// <see cref="Device.List"/> sets it.
    /// </summary>
    public string? Tile { get; init; }

    /// <summary>The variants' vectors on <see cref="DeviceKind.Cpu"/>; null elsewhere.</summary>
    public CpuVectors? Vectors { get; init; }
}
