namespace Blip.Emulation.Machine;

/// <summary>Sizes of a grid or a group.</summary>
/// <param name="X">First dimension.</param>
/// <param name="Y">Second dimension.</param>
/// <param name="Z">Third dimension.</param>
public readonly record struct Dim3(int X, int Y = 1, int Z = 1)
{
    /// <summary>All of them.</summary>
    public long Count => (long)X * Y * Z;

    /// <summary>One dimension.</summary>
    public static implicit operator Dim3(int x) => new(x);

    /// <inheritdoc/>
    public override string ToString() => $"({X}, {Y}, {Z})";
}

/// <summary>The work of one launch.</summary>
/// <param name="Program">The kernel.</param>
/// <param name="Grid">Groups.</param>
/// <param name="Block">Threads of a group.</param>
/// <param name="DynamicSharedBytes">Shared memory beside the kernel's own variables.</param>
/// <param name="Arguments">The argument buffer.</param>
/// <param name="Global">Device memory.</param>
/// <param name="Options">The checks.</param>
/// <param name="Hits">How often each instruction ran for at least one lane; not exact where several groups run at once.</param>
internal sealed record KernelLaunch(
    KernelProgram Program, Dim3 Grid, Dim3 Block, int DynamicSharedBytes, byte[] Arguments, GlobalMemory Global, EmulationOptions Options,
    long[] Hits)
{
    private static long last;

    /// <summary>Tells launches apart.</summary>
    public long Number { get; } = Interlocked.Increment(ref last);
}

/// <summary>The outcome of a launch.</summary>
/// <param name="WarpInstructions">Instructions, counted once per warp.</param>
/// <param name="LaneInstructions">Instructions, counted for each lane that was active.</param>
public readonly record struct LaunchCounts(long WarpInstructions, long LaneInstructions);
