using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Activations with the vectors of the processor.</summary>
internal static class ActivationsSimd
{
    public static void Run(Device device, ArrayView<float> x, ArrayView<float> y, long count, Activation kind)
    {
        switch (kind)
        {
            case Activation.Gelu: Run<Gelu>(device, x, y, count); break;
            case Activation.QuickGelu: Run<QuickGelu>(device, x, y, count); break;
            case Activation.GeluTanh: Run<GeluTanh>(device, x, y, count); break;
            case Activation.Relu: Run<Relu>(device, x, y, count); break;
            default: Run<Tanh>(device, x, y, count); break;
        }
    }

    private static void Run<TActivation>(Device device, ArrayView<float> x, ArrayView<float> y, long count)
        where TActivation : struct, IActivation
    {
        switch (device.Vectors)
        {
            case CpuVectors.Avx512: device.Launch(new ActivationsSimd<Floats512, TActivation>(x, y, count)); break;
            case CpuVectors.Avx2: device.Launch(new ActivationsSimd<Floats256, TActivation>(x, y, count)); break;
            default: device.Launch(new ActivationsSimd<Floats128, TActivation>(x, y, count)); break;
        }
    }
}

/// <summary>ILGPU's CPU accelerator: a task is a piece that fits the first-level cache.</summary>
internal readonly unsafe struct ActivationsSimd<TVector, TActivation>(ArrayView<float> x, ArrayView<float> y, long count) : ICpuOperator
    where TVector : unmanaged, IVector<TVector>
    where TActivation : struct, IActivation
{
    private const int Piece = 4096;

    private readonly float* x = Cpu.Pointer(x), y = Cpu.Pointer(y);
    private readonly long count = count;

    public int Tasks => checked((int)((count + Piece - 1) / Piece));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(int task)
    {
        var end = Math.Min((task + 1L) * Piece, count);
        for (var i = (long)task * Piece; i < end; i += TVector.Count)
            VectorTail.Store(TActivation.Apply(TVector.Load(x + i)), y + i, end - i);
    }
}
