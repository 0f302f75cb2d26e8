namespace Blip.Kernels;

/// <summary>Tile of <see cref="GemmPortable{TTile}"/>.</summary>
internal interface IGemmTile
{
    /// <summary>1 to 12.</summary>
    static abstract int Rows { get; }

    /// <summary>A panel's neighbouring outputs: 16, 32 or 64.</summary>
    static abstract int Columns { get; }
}
