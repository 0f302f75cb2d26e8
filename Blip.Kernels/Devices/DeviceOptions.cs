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

    /// <summary>
    /// How the linear layer cuts its work on OpenCL devices, and on CUDA where it has no other kernels (bfloat16 on compute capability 7.5):
    /// <c>auto</c> times the shapes that fit the device once and keeps the winner in the user's cache, <c>off</c> takes the default of the device's
    /// type, a name (<c>6x16</c>, <c>6x32</c>, <c>6x64</c>, <c>12x32</c>, <c>shared64x64</c>) that shape, on CUDA in place of CUDA's kernels, too.
    /// Null: the value of <c>BLIP_TILE</c>; without it, <c>auto</c>.
    /// All give the same bits. The CPU accelerator has other variants (<see cref="Vectors"/>).
    /// </summary>
    public string? Tile { get; init; }

    /// <summary>
    /// Lets CUDA devices from compute capability 8.0 on round both factors of products in single precision to 11 significant bits (TF32) where there are
    /// many rows: tensor cores then multiply them. A row's bits may differ between small and large batches. Null: whether the environment
    /// variable <c>BLIP_TF32</c> is 1.
    /// </summary>
    public bool? Tf32 { get; init; }

    /// <summary>
    /// Lets devices of compute capability 9.0 multiply 16 bits by instructions of warpgroups (wgmma) where there are many rows. They are assembled, and were
    /// never run: try them before you rely on them. A row's bits may differ between small and large batches. Null: whether the environment
    /// variable <c>BLIP_WGMMA</c> is 1.
    /// </summary>
    public bool? WarpGroups { get; init; }

    /// <summary>The CPU accelerator runs the portable kernels instead of the CPU variants. Tests compare the two.</summary>
    internal bool Portable { get; init; }

    /// <summary>Where tuned tiles are kept; null: the user's cache.</summary>
    internal string? TileFolder { get; init; }
}
