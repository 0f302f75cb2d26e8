using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>A task is a range that fits the L1 cache.</summary>
internal readonly unsafe struct ActivationsSimd<TActivation>(ArrayView<float> x, ArrayView<float> y, long count) : IVectorOperator
    where TActivation : struct, IActivation
{
    private const int Piece = 4096;

    private readonly float* x = Cpu.Pointer(x), y = Cpu.Pointer(y);
    private readonly long count = count;

    public int Tasks => checked((int)((count + Piece - 1) / Piece));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var end = Math.Min((task + 1L) * Piece, count);
        for (var i = (long)task * Piece; i < end; i += TVector.Count)
            VectorTail.Store(TActivation.Apply(TVector.Load(x + i)), y + i, end - i);
    }
}
