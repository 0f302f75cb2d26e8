namespace Blip.Kernels.Devices;

/// <summary>How a device is opened.</summary>
public sealed record DeviceOptions
{
    /// <summary>Worker threads of the CPU accelerator; 0 means one per core.</summary>
    public int Threads { get; init; }

    /// <summary>Vectors of the CPU accelerator's variants. A narrower choice than the processor's is for tests and comparisons.</summary>
    public CpuVectors Vectors { get; init; }

    /// <summary>
    /// Work-items per group of the portable kernels, a power of two up to 256; 0 lets the device choose
    /// (1 where kernels run on CPU cores, 128 on a GPU). A test opens a processor with a larger one to walk the paths of a GPU.
    /// </summary>
    public int GroupSize { get; init; }
}
