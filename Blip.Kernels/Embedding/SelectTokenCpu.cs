using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>CPU variant of <see cref="SelectToken"/>: a few rows per task.</summary>
internal unsafe struct SelectTokenCpu : ICpuOperator
{
    public CpuPointer<float> X, Y;
    public CpuPointer<int> Index;
    public RowTasks Rows;
    public int Tokens, Width, Offset;

    public readonly int Tasks => Rows.Tasks;

    public readonly void Run(int task)
    {
        for (var row = Rows.First(task); row < Rows.End(task); row++)
        {
            var token = Math.Clamp(((int*)Index == null ? 0 : ((int*)Index)[row]) + Offset, 0, Tokens - 1);
            RowMath.Copy((float*)X + ((((long)row * Tokens) + token) * Width), (float*)Y + ((long)row * Width), Width);
        }
    }
}
