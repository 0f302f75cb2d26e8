namespace Blip.Kernels;

/// <summary>How tasks share out the rows of a product.</summary>
internal static class RowBlocks
{
    /// <summary>Rows of a block: blocks are of nearly the same size, and of whole tiles.</summary>
    /// <param name="rows">All rows, at least 1.</param>
    /// <param name="most">The most that a block may have, a multiple of <paramref name="tile"/>.</param>
    /// <param name="tile">Rows of a tile.</param>
    public static int Size(int rows, int most, int tile)
    {
        var blocks = (rows + most - 1) / most;
        return (((rows + blocks - 1) / blocks) + tile - 1) / tile * tile;
    }
}
