using System.Numerics;
using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Sums on ILGPU's CPU accelerator: memory is the limit, whatever the vectors.</summary>
internal readonly unsafe struct ElementwiseSimd(ArrayView<float> a, ArrayView<float> b, ArrayView<float> y, long count) : ICpuOperator
{
    private const int Piece = 16384;

    private readonly float* a = Cpu.Pointer(a), b = Cpu.Pointer(b), y = Cpu.Pointer(y);
    private readonly long count = count;

    public int Tasks => checked((int)((count + Piece - 1) / Piece));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(int task)
    {
        var end = Math.Min((task + 1L) * Piece, count);
        var i = (long)task * Piece;
        for (; i + Vector<float>.Count <= end; i += Vector<float>.Count)
            (Vector.Load(a + i) + Vector.Load(b + i)).Store(y + i);
        for (; i < end; i++)
            y[i] = a[i] + b[i];
    }
}
