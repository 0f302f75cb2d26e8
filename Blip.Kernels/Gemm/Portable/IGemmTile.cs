using System.Runtime.CompilerServices;

namespace Blip.Kernels;

/// <summary>What a work-item of <see cref="GemmPortable{TTile}"/> computes.</summary>
internal interface IGemmTile
{
    /// <summary>Rows, 1 to 12.</summary>
    static abstract int Rows { get; }

    /// <summary>Neighbouring outputs of a panel: 16, 32 or 64.</summary>
    static abstract int Columns { get; }
}

/// <summary>One row: a token of a caption without beams.</summary>
internal readonly struct Tile1x64 : IGemmTile
{
    public static int Rows
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 1;
    }

    public static int Columns
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 64;
    }
}

/// <summary>12 vectors of 8 floats: what fits 16 registers of AVX2.</summary>
internal readonly struct Tile6x16 : IGemmTile
{
    public static int Rows
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 6;
    }

    public static int Columns
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 16;
    }
}

/// <summary>24 vectors of 8 floats: what fits 32 registers of AVX-512 where the compiler prefers half their width.</summary>
internal readonly struct Tile6x32 : IGemmTile
{
    public static int Rows
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 6;
    }

    public static int Columns
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 32;
    }
}

/// <summary>24 vectors of 16 floats: what fits 32 registers of AVX-512.</summary>
internal readonly struct Tile6x64 : IGemmTile
{
    public static int Rows
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 6;
    }

    public static int Columns
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 64;
    }
}

/// <summary>24 vectors of 16 floats, fewer of them loaded per product.</summary>
internal readonly struct Tile12x32 : IGemmTile
{
    public static int Rows
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 12;
    }

    public static int Columns
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 32;
    }
}
