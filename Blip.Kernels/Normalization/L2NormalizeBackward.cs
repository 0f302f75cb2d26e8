using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// The gradient of <see cref="L2Normalize"/>: with y = x / ‖x‖, <c>dx = (dy - y · (y · dy)) / ‖x‖</c>. Rows shorter than eps have the
/// constant divisor eps, as in torch.
/// </summary>
/// <remarks>Variants: <see cref="L2NormalizeBackwardSimd"/> (CPU), <see cref="L2NormalizeBackwardPortable"/>.</remarks>
public static class L2NormalizeBackward
{
    /// <summary>Each row's gradient; <paramref name="dx"/> may be <paramref name="dy"/>.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="x">The inputs <c>[rows, width]</c>.</param>
    /// <param name="dy">The result's gradient <c>[rows, width]</c>.</param>
    /// <param name="dx">Receives x's gradient <c>[rows, width]</c>; not x.</param>
    /// <param name="rows">Rows, at least 0.</param>
    /// <param name="width">Elements per row, at least 1.</param>
    /// <param name="eps">The least divisor; positive.</param>
    /// <exception cref="ArgumentException">A view or size is invalid.</exception>
    public static void Run(
        Device device, ArrayView<float> x, ArrayView<float> dy, ArrayView<float> dx, int rows, int width, float eps = 1e-12f)
    {
        ShapeCheck.AtLeast(rows, 0, nameof(rows));
        ShapeCheck.AtLeast(width, 1, nameof(width));
        if (!(eps > 0))
            throw new ArgumentException($"eps is {eps}; it must be positive.", nameof(eps));
        ShapeCheck.Holds(x, (long)rows * width, nameof(x), "[rows, width]");
        ShapeCheck.Holds(dy, (long)rows * width, nameof(dy), "[rows, width]");
        ShapeCheck.Holds(dx, (long)rows * width, nameof(dx), "[rows, width]");
        if (rows == 0)
            return;
        if (device.RunsPortable)
            device.Launch(new KernelConfig(rows, device.GroupSize), new L2NormalizeBackwardPortable.Kernel(x, dy, dx, width, eps));
        else
            device.LaunchSixteenLanes(new L2NormalizeBackwardSimd(x, dy, dx, new RowTasks(device, rows), width, eps));
    }
}

/// <summary>The length is computed as in <see cref="L2NormalizePortable"/>.</summary>
internal static class L2NormalizeBackwardPortable
{
    private const int Block = 32;

    [Kernel]
    internal readonly struct Kernel(ArrayView<float> x, ArrayView<float> dy, ArrayView<float> dx, int width, float eps) : IDeviceKernel
    {
        public void Run()
        {
            var shared = SharedMemory.Allocate<float>(Device.MaxGroupSize);
            var row = (long)Grid.IdxX * width;

            var largest = 0f;
            for (var c = Group.IdxX; c < width; c += Group.DimX)
                largest = IntrinsicMath.Max(largest, IntrinsicMath.Abs(x[row + c]));
            largest = GroupReduction.Max(largest, shared);
            var unit = largest > 0f ? largest : 1f;

            var (squares, products) = (0f, 0f);
            var stride = Group.DimX * Block;
            for (var start = Group.IdxX; start < width; start += stride)
            {
                var end = IntrinsicMath.Min(start + stride, width);
                var (blockSquares, blockProducts) = (0f, 0f);
                for (var c = start; c < end; c += Group.DimX)
                {
                    var value = x[row + c] / unit;
                    blockSquares += value * value;
                    blockProducts += value * dy[row + c];
                }
                squares += blockSquares;
                products += blockProducts;
            }
            squares = GroupReduction.Sum(squares, shared);
            products = GroupReduction.Sum(products, shared);

            var length = XMath.Sqrt(squares) * unit;
            // Short rows subtract nothing. Σ x · dy / ‖x‖²: both sums have x in units of its largest magnitude.
            var share = length > eps ? products / squares : 0f;
            var divisor = IntrinsicMath.Max(length, eps);
            for (var c = Group.IdxX; c < width; c += Group.DimX)
                dx[row + c] = (dy[row + c] - (x[row + c] / unit * share)) / divisor;
        }
    }
}

/// <summary>16 lanes, a few rows per task.</summary>
internal readonly unsafe struct L2NormalizeBackwardSimd(
    ArrayView<float> x, ArrayView<float> dy, ArrayView<float> dx, RowTasks rows, int width, float eps) : IVectorOperator
{
    private readonly float* x = Cpu.Pointer(x), dy = Cpu.Pointer(dy), dx = Cpu.Pointer(dx);
    private readonly RowTasks rows = rows;
    private readonly int width = width;
    private readonly float eps = eps;

    public int Tasks => rows.Tasks;

    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        for (var row = rows.First(task); row < rows.End(task); row++)
        {
            var at = (long)row * width;
            Run<TVector>(x + at, dy + at, dx + at);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Run<TVector>(float* x, float* dy, float* dx)
        where TVector : unmanaged, IVector<TVector>
    {
        var vectors = width / TVector.Count * TVector.Count;
        var most = TVector.Create(0);
        for (var c = 0; c < vectors; c += TVector.Count)
            most = TVector.Max(most, TVector.Abs(TVector.Load(x + c)));
        var largest = TVector.Largest(most);
        for (var c = vectors; c < width; c++)
            largest = MathF.Max(largest, MathF.Abs(x[c]));
        var unit = largest > 0 ? largest : 1;

        var units = TVector.Create(unit);
        TVector squares = TVector.Create(0), products = squares;
        for (var c = 0; c < vectors; c += TVector.Count)
        {
            var value = TVector.Load(x + c) / units;
            squares = TVector.MultiplyAdd(value, value, squares);
            products = TVector.MultiplyAdd(value, TVector.Load(dy + c), products);
        }
        var (square, product) = (TVector.Sum(squares), TVector.Sum(products));
        for (var c = vectors; c < width; c++)
        {
            var value = x[c] / unit;
            square += value * value;
            product += value * dy[c];
        }
        var length = MathF.Sqrt(square) * unit;
        var (share, divisor) = (length > eps ? product / square : 0, MathF.Max(length, eps));

        var (shares, divisors) = (TVector.Create(share), TVector.Create(divisor));
        for (var c = 0; c < width; c += TVector.Count)
        {
            var taken = TVector.Load(x + c) / units * shares;
            VectorTail.Store((TVector.Load(dy + c) - taken) / divisors, dx + c, width - c);
        }
    }
}
