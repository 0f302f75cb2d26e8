namespace Blip.Emulation.Machine;

/// <summary>How kernels are run and checked.</summary>
public sealed record EmulationOptions
{
    /// <summary>Selects a deterministic order of groups, warps and sides of divergent branches.</summary>
    public int Seed { get; init; }

    /// <summary>Concurrent groups; 0: one per core. Kernels with atomics on global memory run one group at a time.</summary>
    public int Threads { get; init; }

    /// <summary>Whether reads of unwritten memory fail.</summary>
    public bool CheckInitialised { get; init; } = true;

    /// <summary>Whether races on shared and device memory fail.</summary>
    public bool CheckRaces { get; init; } = true;

    /// <summary>Instructions of a warp after which the kernel counts as endless.</summary>
    public long MaxInstructionsPerWarp { get; init; } = 200_000_000;

    /// <summary>
    /// True: mma sums as observed on tensor cores: products aligned to the largest, bits below the last of 24 cut off. False: exact sums,
    /// rounded once. The hardware's behaviour is undocumented: right kernels pass with both.
    /// </summary>
    public bool TruncateMatrixSums { get; init; }

    /// <summary>A group's default shared memory, in bytes.</summary>
    public int SharedBytes { get; init; } = 48 * 1024;

    /// <summary>The shared memory that a group may request, in bytes.</summary>
    public int MaxSharedBytes { get; init; } = 227 * 1024;
}
