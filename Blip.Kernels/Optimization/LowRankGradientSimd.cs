using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>B's gradient; a task has some columns of the matrix's gradient.</summary>
internal readonly unsafe struct LowRankUpGradientSimd(in LowRankGradientArgs args) : IVectorOperator
{
    // A task's sums fit the L1 cache, even for a large rank.
    private const int Width = 64;

    private readonly float* gradient = Cpu.Pointer(args.Gradient) + args.FirstColumn;
    private readonly float* down = Cpu.Pointer(args.Down), upGradient = Cpu.Pointer(args.UpGradient);
    private readonly int inFeatures = args.InFeatures, outFeatures = args.OutFeatures, columns = args.Columns, rank = args.Rank;
    private readonly float scale = args.Scale;

    public int Tasks => (outFeatures + Width - 1) / Width;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var start = task * Width;
        var count = Math.Min(Width, outFeatures - start);
        for (var row = 0; row < rank; row++)
            new Span<float>(Sums(row, start), count).Clear();
        for (var input = 0; input < inFeatures; input++)
        {
            for (var row = 0; row < rank; row++)
            {
                RowMath.AddScaled<TVector>(
                    gradient + ((long)input * columns) + start, down[((long)row * inFeatures) + input], Sums(row, start), count);
            }
        }
        for (var row = 0; row < rank; row++)
        {
            foreach (ref var sum in new Span<float>(Sums(row, start), count))
                sum *= scale;
        }
    }

    private float* Sums(int row, int start) => upGradient + ((long)row * outFeatures) + start;
}

/// <summary>A's gradient; a task has some inputs, and each element is a dot product.</summary>
internal readonly unsafe struct LowRankDownGradientSimd(in LowRankGradientArgs args, RowTasks inputs) : IVectorOperator
{
    private readonly float* gradient = Cpu.Pointer(args.Gradient) + args.FirstColumn;
    private readonly float* up = Cpu.Pointer(args.Up), downGradient = Cpu.Pointer(args.DownGradient);
    private readonly RowTasks inputs = inputs;
    private readonly int inFeatures = args.InFeatures, outFeatures = args.OutFeatures, columns = args.Columns, rank = args.Rank;
    private readonly float scale = args.Scale;

    public int Tasks => inputs.Tasks;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        for (var input = inputs.First(task); input < inputs.End(task); input++)
        {
            var of = gradient + ((long)input * columns);
            for (var row = 0; row < rank; row++)
            {
                var sum = RowMath.Dot<TVector>(of, up + ((long)row * outFeatures), outFeatures);
                downGradient[((long)row * inFeatures) + input] = sum * scale;
            }
        }
    }
}
