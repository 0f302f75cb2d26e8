using Blip.Kernels.Devices;

namespace Blip.Kernels;

internal unsafe struct SelectTokenCpu : ICpuOperator
{
    public float* X, Y;
    public int* Index;
    public RowTasks Rows;
    public int Tokens, Width, Offset;

    public readonly int Tasks => Rows.Tasks;

    public readonly void Run(int task)
    {
        for (var row = Rows.First(task); row < Rows.End(task); row++)
        {
            var token = Math.Clamp((Index == null ? 0 : Index[row]) + Offset, 0, Tokens - 1);
            RowMath.Copy(X + ((((long)row * Tokens) + token) * Width), Y + ((long)row * Width), Width);
        }
    }
}
