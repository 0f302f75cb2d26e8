using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>The passes of <see cref="L2NormalizePortable"/> in 16 lanes.</summary>
internal static unsafe class L2NormalizeSimd
{
    public static void Run(Device device, ArrayView<float> x, ArrayView<float> y, int rows, int width, float eps) =>
        device.LaunchSixteenLanes(new L2NormalizeVectors
        {
            X = Cpu.Pointer(x),
            Y = Cpu.Pointer(y),
            Rows = new RowTasks(device, rows),
            Width = width,
            Eps = eps,
        });
}

internal unsafe struct L2NormalizeVectors : IVectorOperator
{
    public float* X, Y;
    public RowTasks Rows;
    public int Width;
    public float Eps;

    public readonly int Tasks => Rows.Tasks;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        for (var row = Rows.First(task); row < Rows.End(task); row++)
            Normalize<TVector>(X + ((long)row * Width), Y + ((long)row * Width));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Normalize<TVector>(float* x, float* y)
        where TVector : unmanaged, IVector<TVector>
    {
        var vectors = Width / TVector.Count * TVector.Count;
        var most = TVector.Create(0);
        for (var c = 0; c < vectors; c += TVector.Count)
            most = TVector.Max(most, TVector.Abs(TVector.Load(x + c)));
        var largest = TVector.Largest(most);
        for (var c = vectors; c < Width; c++)
            largest = MathF.Max(largest, MathF.Abs(x[c]));
        var unit = largest > 0 ? largest : 1;

        var units = TVector.Create(unit);
        var squares = TVector.Create(0);
        for (var c = 0; c < vectors; c += TVector.Count)
        {
            var value = TVector.Load(x + c) / units;
            squares = TVector.MultiplyAdd(value, value, squares);
        }
        var sum = TVector.Sum(squares);
        for (var c = vectors; c < Width; c++)
            sum += x[c] / unit * (x[c] / unit);
        var divisor = MathF.Max(MathF.Sqrt(sum) * unit, Eps);

        var divisors = TVector.Create(divisor);
        for (var c = 0; c < vectors; c += TVector.Count)
            TVector.Store(TVector.Load(x + c) / divisors, y + c);
        for (var c = vectors; c < Width; c++)
            y[c] = x[c] / divisor;
    }
}
