using System.Runtime.CompilerServices;
using Blip.Kernels;
using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;

namespace Blip.Tests.Tutorials;

/// <summary>
/// The operator of docs/tutorials/write-a-kernel.md: <c>y = x / √(mean(x²) + eps) · gamma</c> over each row (Zhang and Sennrich 2019, eq.
/// 4). The page shows the parts between the marks.
/// </summary>
internal static class RmsNorm
{
    // <door>
    public static void Run(
        Device device, ArrayView<float> x, ArrayView<float> gamma, ArrayView<float> y, int rows, int width, float eps)
    {
        ShapeCheck.AtLeast(rows, 0, nameof(rows));
        ShapeCheck.AtLeast(width, 1, nameof(width));
        ShapeCheck.Holds(x, (long)rows * width, nameof(x), "[rows, width]");
        ShapeCheck.Holds(gamma, width, nameof(gamma), "[width]");
        ShapeCheck.Holds(y, (long)rows * width, nameof(y), "[rows, width]");
        if (rows == 0)
            return;
        if (device.RunsPortable && device.Architecture > 0)
            device.Launch(RmsNormWarps.Launch(rows), new RmsNormWarps(x, gamma, y, rows, width, eps));
        else if (device.RunsPortable)
            device.Launch(new KernelConfig(rows, device.GroupSize), new RmsNormPortable(x, gamma, y, width, eps));
        else
            RmsNormSimd.Run(device, x, gamma, y, rows, width, eps);
    }
    // </door>

    // <reference>
    public static double[] Reference(float[] x, float[] gamma, int rows, int width, double eps)
    {
        var y = new double[rows * width];
        for (var row = 0; row < rows; row++)
        {
            var squares = 0.0;
            for (var c = 0; c < width; c++)
                squares += (double)x[(row * width) + c] * x[(row * width) + c];
            var scale = 1 / Math.Sqrt((squares / width) + eps);
            for (var c = 0; c < width; c++)
                y[(row * width) + c] = x[(row * width) + c] * scale * gamma[c];
        }
        return y;
    }
    // </reference>
}

// <portable>
/// <summary>Every accelerator: one group per row.</summary>
internal readonly struct RmsNormPortable(ArrayView<float> x, ArrayView<float> gamma, ArrayView<float> y, int width, float eps)
    : IDeviceKernel
{
    public void Run()
    {
        var shared = SharedMemory.Allocate<float>(Device.MaxGroupSize);
        var row = (long)Grid.IdxX * width;

        var sum = 0f;
        for (var c = Group.IdxX; c < width; c += Group.DimX)
            sum += x[row + c] * x[row + c];
        var scale = 1f / XMath.Sqrt((GroupReduction.Sum(sum, shared) / width) + eps);

        for (var c = Group.IdxX; c < width; c += Group.DimX)
            y[row + c] = x[row + c] * scale * gamma[c];
    }
}
// </portable>

// <simd>
/// <summary>CPU: vectors of 128 to 512 bits, a few rows per task.</summary>
internal unsafe struct RmsNormSimd : IVectorOperator
{
    private float* x, gamma, y;
    private RowTasks rows;
    private int width;
    private float eps;

    public readonly int Tasks => rows.Tasks;

    public static void Run(
        Device device, ArrayView<float> x, ArrayView<float> gamma, ArrayView<float> y, int rows, int width, float eps) =>
        device.LaunchSixteenLanes(new RmsNormSimd
        {
            x = Cpu.Pointer(x),
            gamma = Cpu.Pointer(gamma),
            y = Cpu.Pointer(y),
            rows = new RowTasks(device, rows),
            width = width,
            eps = eps,
        });

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        for (var row = rows.First(task); row < rows.End(task); row++)
            Normalize<TVector>(x + ((long)row * width), y + ((long)row * width));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Normalize<TVector>(float* from, float* to)
        where TVector : unmanaged, IVector<TVector>
    {
        var vectors = width / TVector.Count * TVector.Count;
        var squares = TVector.Create(0);
        for (var c = 0; c < vectors; c += TVector.Count)
        {
            var value = TVector.Load(from + c);
            squares = TVector.MultiplyAdd(value, value, squares);
        }
        var sum = TVector.Sum(squares);
        for (var c = vectors; c < width; c++)
            sum += from[c] * from[c];
        var scale = 1 / MathF.Sqrt((sum / width) + eps);

        for (var c = 0; c < vectors; c += TVector.Count)
            TVector.Store(TVector.Load(from + c) * TVector.Create(scale) * TVector.Load(gamma + c), to + c);
        for (var c = vectors; c < width; c++)
            to[c] = from[c] * scale * gamma[c];
    }
}
// </simd>

// <warps>
/// <summary>CUDA: one warp per row, no barrier and no shared memory.</summary>
internal readonly struct RmsNormWarps(
    ArrayView<float> x, ArrayView<float> gamma, ArrayView<float> y, int rows, int width, float eps) : IDeviceKernel
{
    private const int RowsPerGroup = 4, WarpSize = 32;

    public static KernelConfig Launch(int rows) => new((rows + RowsPerGroup - 1) / RowsPerGroup, RowsPerGroup * WarpSize);

    public void Run()
    {
        var index = (Grid.IdxX * RowsPerGroup) + (Group.IdxX / WarpSize);
        if (index >= rows)
            return;
        var (row, lane) = ((long)index * width, Group.IdxX % WarpSize);

        var sum = 0f;
        for (var c = lane; c < width; c += WarpSize)
            sum += x[row + c] * x[row + c];
        for (var distance = WarpSize / 2; distance > 0; distance /= 2)
            sum += Warp.ShuffleXor(sum, distance);
        var scale = 1f / XMath.Sqrt((sum / width) + eps);

        for (var c = lane; c < width; c += WarpSize)
            y[row + c] = x[row + c] * scale * gamma[c];
    }
}
// </warps>
