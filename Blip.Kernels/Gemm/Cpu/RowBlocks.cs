namespace Blip.Kernels;

internal static class RowBlocks
{
    /// <summary>
    /// Rows of a block: blocks have nearly equal sizes and whole tiles. <paramref name="most"/> is a multiple of <paramref name="tile"/>.
    /// </summary>
    public static int Size(int rows, int most, int tile)
    {
        var blocks = (rows + most - 1) / most;
        return (((rows + blocks - 1) / blocks) + tile - 1) / tile * tile;
    }
}
