using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

internal readonly unsafe struct GradientSquaresSimd(
    ArrayView<float> values, long count, int piece, ArrayView<double> sums) : IVectorOperator
{
    private const int Lanes = 16;

    private readonly float* values = Cpu.Pointer(values);
    private readonly double* sums = Cpu.Pointer(sums);
    private readonly long count = count;
    private readonly int piece = piece;

    public int Tasks => checked((int)((count + piece - 1) / piece));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var lanes = stackalloc double[Lanes];
        new Span<double>(lanes, Lanes).Clear();
        var end = Math.Min((task + 1L) * piece, count);
        var i = (long)task * piece;
        for (; i + Lanes <= end; i += Lanes)
        {
            var value = TVector.Load(values + i);
            TVector.AddTo(value * value, lanes);
        }
        var sum = 0.0;
        for (var lane = 0; lane < Lanes; lane++)
            sum += lanes[lane];
        for (; i < end; i++)
            sum += values[i] * values[i];
        sums[task] = sum;
    }
}

/// <summary>Adds pieces in order to a total of two floats.</summary>
internal readonly unsafe struct GradientTotalCpu(ArrayView<double> sums, long pieces, ArrayView<float> total) : ICpuOperator
{
    private readonly double* sums = Cpu.Pointer(sums);
    private readonly float* total = Cpu.Pointer(total);
    private readonly long pieces = pieces;

    public int Tasks => 1;

    public void Run(int task)
    {
        var sum = (double)total[0] + total[1];
        for (var i = 0L; i < pieces; i++)
            sum += sums[i];
        total[0] = (float)sum;
        // An infinite sum has no rest.
        total[1] = float.IsFinite(total[0]) ? (float)(sum - total[0]) : 0;
    }
}

internal readonly unsafe struct ClipScaleCpu(ArrayView<float> total, ArrayView<float> state, float maxNorm, float scale) : ICpuOperator
{
    private readonly float* total = Cpu.Pointer(total), state = Cpu.Pointer(state);
    private readonly float maxNorm = maxNorm, scale = scale;

    public int Tasks => 1;

    public void Run(int task)
    {
        var norm = (float)(Math.Sqrt((double)total[0] + total[1]) * scale);
        state[0] = norm;
        state[1] = float.IsFinite(norm) ? GradientNorm.Factor(norm, maxNorm, scale) : 0;
        state[2] = float.IsFinite(norm) ? 1 : 0;
    }
}
