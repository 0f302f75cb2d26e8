using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Sums on ILGPU's CPU accelerator.</summary>
internal static class ElementwiseSimd
{
    public static void Run(Device device, ArrayView<float> a, ArrayView<float> b, ArrayView<float> y, long count)
    {
        switch (device.Vectors)
        {
            case CpuVectors.Avx512: device.Launch(new ElementwiseSimd<Floats512>(a, b, y, count)); break;
            case CpuVectors.Avx2: device.Launch(new ElementwiseSimd<Floats256>(a, b, y, count)); break;
            default: device.Launch(new ElementwiseSimd<Floats128>(a, b, y, count)); break;
        }
    }
}

/// <summary>A task is a piece of some pages.</summary>
internal readonly unsafe struct ElementwiseSimd<TVector>(ArrayView<float> a, ArrayView<float> b, ArrayView<float> y, long count) : ICpuOperator
    where TVector : unmanaged, IVector<TVector>
{
    private const int Piece = 16384;

    private readonly float* a = Cpu.Pointer(a), b = Cpu.Pointer(b), y = Cpu.Pointer(y);
    private readonly long count = count;

    public int Tasks => checked((int)((count + Piece - 1) / Piece));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(int task)
    {
        var end = Math.Min((task + 1L) * Piece, count);
        for (var i = (long)task * Piece; i < end; i += TVector.Count)
            VectorTail.Store(TVector.Load(a + i) + TVector.Load(b + i), y + i, end - i);
    }
}
