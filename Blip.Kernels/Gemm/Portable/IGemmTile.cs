namespace Blip.Kernels;

/// <summary>The tile that a work-item of <see cref="GemmPortable{TTile}"/> computes.</summary>
internal interface IGemmTile
{
    /// <summary>Rows, 1 to 12.</summary>
    static abstract int Rows { get; }

    /// <summary>Neighbouring outputs of a panel: 16, 32 or 64.</summary>
    static abstract int Columns { get; }
}
