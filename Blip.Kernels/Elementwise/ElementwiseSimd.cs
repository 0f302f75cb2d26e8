using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

internal readonly unsafe struct ElementwiseSimd(ArrayView<float> a, ArrayView<float> b, ArrayView<float> y, long count) : IVectorOperator
{
    private const int Piece = 16384;

    private readonly float* a = Cpu.Pointer(a), b = Cpu.Pointer(b), y = Cpu.Pointer(y);
    private readonly long count = count;

    public int Tasks => checked((int)((count + Piece - 1) / Piece));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var end = Math.Min((task + 1L) * Piece, count);
        for (var i = (long)task * Piece; i < end; i += TVector.Count)
            VectorTail.Store(TVector.Load(a + i) + TVector.Load(b + i), y + i, end - i);
    }
}

internal readonly unsafe struct FillCpu(ArrayView<float> y, long count, float value) : ICpuOperator
{
    private const int Piece = 1 << 16;

    private readonly float* y = Cpu.Pointer(y);
    private readonly long count = count;
    private readonly float value = value;

    public int Tasks => checked((int)((count + Piece - 1) / Piece));

    public void Run(int task)
    {
        var first = (long)task * Piece;
        new Span<float>(y + first, (int)Math.Min(Piece, count - first)).Fill(value);
    }
}
