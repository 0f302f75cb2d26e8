namespace Blip.Emulation.Machine;

/// <summary>How kernels are run and checked.</summary>
public sealed record EmulationOptions
{
    /// <summary>Orders groups, warps and the two sides of a divergent branch; each seed gives another order, always the same.</summary>
    public int Seed { get; init; }

    /// <summary>Groups that run at once; 0 means one per core. Kernels with atomics on global memory run one group at a time.</summary>
    public int Threads { get; init; }

    /// <summary>Whether reads of unwritten memory fail.</summary>
    public bool CheckInitialised { get; init; } = true;

    /// <summary>Whether races on shared and device memory fail.</summary>
    public bool CheckRaces { get; init; } = true;

    /// <summary>Instructions that one warp may take before the kernel counts as endless.</summary>
    public long MaxInstructionsPerWarp { get; init; } = 200_000_000;

    /// <summary>
    /// True: mma sums as tensor cores are observed to (products aligned to the largest, bits below the last of 24 cut off). False: sums exactly and
    /// rounds once. The hardware's behaviour is not documented; a kernel that is right passes with both.
    /// </summary>
    public bool TruncateMatrixSums { get; init; }

    /// <summary>Shared memory that a group may have without asking for more, in bytes.</summary>
    public int SharedBytes { get; init; } = 48 * 1024;

    /// <summary>Shared memory that a group may ask for, in bytes.</summary>
    public int MaxSharedBytes { get; init; } = 227 * 1024;
}
