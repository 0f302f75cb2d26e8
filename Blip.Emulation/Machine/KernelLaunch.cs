namespace Blip.Emulation.Machine;

/// <summary>Sizes of a grid or group.</summary>
/// <param name="X">The first dimension.</param>
/// <param name="Y">Second dimension.</param>
/// <param name="Z">Third dimension.</param>
public readonly record struct Dim3(int X, int Y = 1, int Z = 1)
{
    /// <summary>The product.</summary>
    public long Count => (long)X * Y * Z;

    /// <summary>A single dimension.</summary>
    public static implicit operator Dim3(int x) => new(x);

    /// <inheritdoc/>
    public override string ToString() => $"({X}, {Y}, {Z})";
}

/// <summary>
/// The work of one launch. <c>Hits</c> counts each instruction that ran for at least one lane, inexactly if groups run concurrently.
/// </summary>
internal sealed record KernelLaunch(
    KernelProgram Program, Dim3 Grid, Dim3 Block, int DynamicSharedBytes, byte[] Arguments, GlobalMemory Global, EmulationOptions Options,
    long[] Hits)
{
    private static long last;

    /// <summary>Distinguishes launches.</summary>
    public long Number { get; } = Interlocked.Increment(ref last);
}

/// <summary>The outcome of a launch.</summary>
/// <param name="WarpInstructions">Instructions, counted per warp.</param>
/// <param name="LaneInstructions">Instructions, counted per active lane.</param>
public readonly record struct LaunchCounts(long WarpInstructions, long LaneInstructions);
