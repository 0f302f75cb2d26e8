using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>The gradient of <see cref="LogSoftmax"/>, from its result: <c>dx = dy - exp(y) · Σ dy</c> over each row.</summary>
/// <remarks>
/// Variants: <see cref="LogSoftmaxBackwardSimd"/> (CPU), <see cref="LogSoftmaxBackwardPortable"/>. For a token's loss use
/// <see cref="CrossEntropy"/>, which stores no log-probabilities.
/// </remarks>
public static class LogSoftmaxBackward
{
    /// <summary>Each row's gradient; <paramref name="dx"/> may be <paramref name="dy"/> or <paramref name="y"/>.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="y">The log-probabilities <c>[rows, vocabulary]</c>.</param>
    /// <param name="dy">Their gradient <c>[rows, vocabulary]</c>.</param>
    /// <param name="dx">Receives the logits' gradient <c>[rows, vocabulary]</c>.</param>
    /// <param name="rows">Rows, at least 0.</param>
    /// <param name="vocabulary">Elements per row, at least 1.</param>
    /// <exception cref="ArgumentException">A view or size is invalid.</exception>
    public static void Run(Device device, ArrayView<float> y, ArrayView<float> dy, ArrayView<float> dx, int rows, int vocabulary)
    {
        ShapeCheck.AtLeast(rows, 0, nameof(rows));
        ShapeCheck.AtLeast(vocabulary, 1, nameof(vocabulary));
        ShapeCheck.Holds(y, (long)rows * vocabulary, nameof(y), "[rows, vocabulary]");
        ShapeCheck.Holds(dy, (long)rows * vocabulary, nameof(dy), "[rows, vocabulary]");
        ShapeCheck.Holds(dx, (long)rows * vocabulary, nameof(dx), "[rows, vocabulary]");
        if (rows == 0)
            return;
        if (device.RunsPortable)
            device.Launch(new KernelConfig(rows, device.GroupSize), new LogSoftmaxBackwardPortable.Kernel(y, dy, dx, vocabulary));
        else
            device.LaunchSixteenLanes(new LogSoftmaxBackwardSimd(y, dy, dx, rows, vocabulary));
    }
}

internal static class LogSoftmaxBackwardPortable
{
    private const int Block = 32;

    [Kernel]
    internal readonly struct Kernel(ArrayView<float> y, ArrayView<float> dy, ArrayView<float> dx, int vocabulary) : IDeviceKernel
    {
        public void Run()
        {
            var shared = SharedMemory.Allocate<float>(Device.MaxGroupSize);
            var row = (long)Grid.IdxX * vocabulary;
            var stride = Group.DimX * Block;
            var sum = 0f;
            for (var start = Group.IdxX; start < vocabulary; start += stride)
            {
                var end = IntrinsicMath.Min(start + stride, vocabulary);
                var block = 0f;
                for (var c = start; c < end; c += Group.DimX)
                    block += dy[row + c];
                sum += block;
            }
            sum = GroupReduction.Sum(sum, shared);
            for (var c = Group.IdxX; c < vocabulary; c += Group.DimX)
                dx[row + c] = dy[row + c] - (Maths.Exp(y[row + c]) * sum);
        }
    }
}

/// <summary>One row per task, its sum in double.</summary>
internal readonly unsafe struct LogSoftmaxBackwardSimd(
    ArrayView<float> y, ArrayView<float> dy, ArrayView<float> dx, int rows, int vocabulary) : IVectorOperator
{
    private const int Lanes = 16;

    private readonly float* y = Cpu.Pointer(y), dy = Cpu.Pointer(dy), dx = Cpu.Pointer(dx);
    private readonly int vocabulary = vocabulary;

    public int Tasks { get; } = rows;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var at = (long)task * vocabulary;
        var lanes = stackalloc double[Lanes];
        new Span<double>(lanes, Lanes).Clear();
        var c = 0;
        for (; c + Lanes <= vocabulary; c += Lanes)
            TVector.AddTo(TVector.Load(dy + at + c), lanes);
        var sum = 0.0;
        for (var lane = 0; lane < Lanes; lane++)
            sum += lanes[lane];
        for (; c < vocabulary; c++)
            sum += dy[at + c];
        var factor = TVector.Create(-(float)sum);
        for (c = 0; c < vocabulary; c += TVector.Count)
        {
            var value = TVector.MultiplyAdd(Maths.Exp(TVector.Load(y + at + c)), factor, TVector.Load(dy + at + c));
            VectorTail.Store(value, dx + at + c, vocabulary - c);
        }
    }
}
