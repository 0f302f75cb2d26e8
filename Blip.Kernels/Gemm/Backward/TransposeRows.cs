using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>Rows become columns. A task transposes 64 rows.</summary>
internal readonly unsafe struct TransposeRows(float* x, int rows, int width, float* turned) : ICpuOperator
{
    private const int Block = 64;

    private readonly float* x = x, turned = turned;
    private readonly int rows = rows, width = width;

    public int Tasks => (rows + Block - 1) / Block;

    public void Run(int task)
    {
        var first = task * Block;
        for (var column = 0; column < width; column += Block)
        {
            Transposition.Run(
                x + ((long)first * width) + column, width, Math.Min(Block, rows - first), Math.Min(Block, width - column),
                turned + ((long)column * rows) + first, rows);
        }
    }
}
