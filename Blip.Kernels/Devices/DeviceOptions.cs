namespace Blip.Kernels.Devices;

/// <summary>How a device is opened.</summary>
public sealed record DeviceOptions
{
    /// <summary>Worker threads of the CPU accelerator; 0 for one per core.</summary>
    public int Threads { get; init; }

    /// <summary>Vectors of the CPU variants; narrower ones are for tests and comparisons.</summary>
    public CpuVectors Vectors { get; init; }

    /// <summary>
    /// Work-items per group of portable kernels, a power of two up to 256. 0 lets the device choose: 1 on CPU cores, 128 on a GPU. Larger
    /// ones test a GPU's paths on a processor.
    /// </summary>
    public int GroupSize { get; init; }

    /// <summary>
    /// The linear layer's tile on OpenCL, and on CUDA without other kernels (bfloat16 on compute capability 7.5). <c>auto</c> times the
    /// fitting tiles once and caches the best. <c>off</c> takes the device type's default. A name (<c>6x16</c>, <c>6x32</c>, <c>6x64</c>,
    /// <c>12x32</c>, <c>shared64x64</c>) takes that tile, also in place of CUDA's kernels. Null: <c>BLIP_TILE</c>, else <c>auto</c>. All
    /// give the same bits. The CPU accelerator ignores it.
    /// </summary>
    public string? Tile { get; init; }

    /// <summary>
    /// Lets CUDA devices from compute capability 8.0 on round both factors of float32 products to 11 significant bits (TF32), for tensor
    /// cores, where there are many rows. A row's bits may differ between small and large batches. Null: whether <c>BLIP_TF32</c> is 1.
    /// </summary>
    public bool? Tf32 { get; init; }

    /// <summary>
    /// Lets devices of compute capability 9.0 multiply 16 bits by warpgroup instructions (wgmma) where there are many rows. They have been
    /// assembled, but never run: test before relying on them. A row's bits may differ between small and large batches. Null: whether
    /// <c>BLIP_WGMMA</c> is 1.
    /// </summary>
    public bool? WarpGroups { get; init; }

    /// <summary>Runs portable kernels on the CPU, for tests.</summary>
    internal bool Portable { get; init; }

    /// <summary>The folder of tuned tiles; null: the user's cache.</summary>
    internal string? TileFolder { get; init; }
}
