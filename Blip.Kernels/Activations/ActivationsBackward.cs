using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>Gradients of activations: <c>dx = dy · f'(x)</c>.</summary>
/// <remarks>
/// Variants: <see cref="ActivationsBackwardSimd{TActivation}"/> (CPU), <see cref="ActivationsBackwardPortable"/>.
/// </remarks>
public static class ActivationsBackward
{
    /// <summary>dx = dy · f'(x) for each element; <paramref name="dx"/> may be <paramref name="dy"/>.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="x">The function's inputs <c>[count]</c>.</param>
    /// <param name="dy">The result's gradient <c>[count]</c>.</param>
    /// <param name="dx">Receives the input's gradient <c>[count]</c>.</param>
    /// <param name="count">Elements, at least 0.</param>
    /// <param name="kind">The function.</param>
    /// <exception cref="ArgumentException">A view is too short.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such function.</exception>
    public static void Run(Device device, ArrayView<float> x, ArrayView<float> dy, ArrayView<float> dx, long count, Activation kind)
    {
        ActivationFunctions.Check(kind);
        ShapeCheck.Within(count, 0, long.MaxValue, nameof(count));
        ShapeCheck.Holds(x, count, nameof(x), "[count]");
        ShapeCheck.Holds(dy, count, nameof(dy), "[count]");
        ShapeCheck.Holds(dx, count, nameof(dx), "[count]");
        if (count == 0)
            return;
        ActivationFunctions.Use(kind, new Launch(device, x, dy, dx, count));
    }

    private readonly struct Launch(
        Device device, ArrayView<float> x, ArrayView<float> dy, ArrayView<float> dx, long count) : IActivationUse
    {
        void IActivationUse.With<TActivation>()
        {
            if (!device.RunsPortable)
            {
                device.LaunchVectors(new ActivationsBackwardSimd<TActivation>(x, dy, dx, count));
                return;
            }
            var perItem = Elementwise.ElementsPerItem(device);
            device.Launch(
                Elementwise.Launch(device, count, perItem),
                new ActivationsBackwardPortable.Kernel<TActivation>(
                    x, dy, dx, count, perItem));
        }
    }
}

internal static class ActivationsBackwardPortable
{
    [Kernel(Each = typeof(IActivation))]
    internal readonly struct Kernel<TActivation>(ArrayView<float> x, ArrayView<float> dy, ArrayView<float> dx, long count, int perItem)
        : IDeviceKernel
        where TActivation : struct, IActivation
    {
        public void Run()
        {
            var first = (((long)Grid.IdxX * Group.DimX) + Group.IdxX) * perItem;
            var end = IntrinsicMath.Min(first + perItem, count);
            for (var i = first; i < end; i++)
                dx[i] = dy[i] * TActivation.Derivative(new Scalar(x[i])).Value;
        }
    }
}

/// <summary>A task is a range that fits the L1 cache.</summary>
internal readonly unsafe struct ActivationsBackwardSimd<TActivation>(
    ArrayView<float> x, ArrayView<float> dy, ArrayView<float> dx, long count) : IVectorOperator
    where TActivation : struct, IActivation
{
    private const int Piece = 4096;

    private readonly float* x = Cpu.Pointer(x), dy = Cpu.Pointer(dy), dx = Cpu.Pointer(dx);
    private readonly long count = count;

    public int Tasks => checked((int)((count + Piece - 1) / Piece));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var end = Math.Min((task + 1L) * Piece, count);
        for (var i = (long)task * Piece; i < end; i += TVector.Count)
            VectorTail.Store(TVector.Load(dy + i) * TActivation.Derivative(TVector.Load(x + i)), dx + i, end - i);
    }
}
