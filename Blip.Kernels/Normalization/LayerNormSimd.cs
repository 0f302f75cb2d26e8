using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>The passes of <see cref="LayerNormPortable"/> in 16 lanes. A row stays in the L1 cache.</summary>
internal static unsafe class LayerNormSimd
{
    public static void Run(
        Device device, ArrayView<float> x, ArrayView<float> residual, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<float> y,
        int rows, int width, float eps) =>
        device.LaunchSixteenLanes(new LayerNormVectors
        {
            X = Cpu.Pointer(x),
            Residual = Cpu.Pointer(residual),
            Gamma = Cpu.Pointer(gamma),
            Beta = Cpu.Pointer(beta),
            Y = Cpu.Pointer(y),
            Rows = new RowTasks(device, rows),
            Width = width,
            Eps = eps,
        });
}

internal unsafe struct LayerNormVectors : IVectorOperator
{
    public float* X, Residual, Gamma, Beta, Y;
    public RowTasks Rows;
    public int Width;
    public float Eps;

    public readonly int Tasks => Rows.Tasks;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        for (var row = Rows.First(task); row < Rows.End(task); row++)
        {
            var x = X + ((long)row * Width);
            var y = Y + ((long)row * Width);
            if (Residual == null)
            {
                Normalize<TVector>(x, y);
                continue;
            }
            // The sum goes to y, where the passes read it: y may be x or the residual.
            var residual = Residual + ((long)row * Width);
            var c = 0;
            for (; c + TVector.Count <= Width; c += TVector.Count)
                TVector.Store(TVector.Load(x + c) + TVector.Load(residual + c), y + c);
            for (; c < Width; c++)
                y[c] = x[c] + residual[c];
            Normalize<TVector>(y, y);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Normalize<TVector>(float* x, float* y)
        where TVector : unmanaged, IVector<TVector>
    {
        var vectors = Width / TVector.Count * TVector.Count;
        var sums = TVector.Create(0);
        for (var c = 0; c < vectors; c += TVector.Count)
            sums += TVector.Load(x + c);
        var sum = TVector.Sum(sums);
        for (var c = vectors; c < Width; c++)
            sum += x[c];
        var mean = sum / Width;

        var shift = TVector.Create(mean);
        var squares = TVector.Create(0);
        var lefts = TVector.Create(0);
        for (var c = 0; c < vectors; c += TVector.Count)
        {
            var difference = TVector.Load(x + c) - shift;
            squares = TVector.MultiplyAdd(difference, difference, squares);
            lefts += difference;
        }
        var (square, left) = (TVector.Sum(squares), TVector.Sum(lefts));
        for (var c = vectors; c < Width; c++)
        {
            var difference = x[c] - mean;
            square += difference * difference;
            left += difference;
        }
        left /= Width;
        var variance = MathF.Max((square / Width) - (left * left), 0);
        var scale = 1 / MathF.Sqrt(variance + Eps);

        var (lefts2, scales) = (TVector.Create(left), TVector.Create(scale));
        float* gamma = Gamma, beta = Beta;
        for (var c = 0; c < vectors; c += TVector.Count)
        {
            var value = (TVector.Load(x + c) - shift - lefts2) * scales;
            TVector.Store(TVector.MultiplyAdd(value, TVector.Load(gamma + c), TVector.Load(beta + c)), y + c);
        }
        for (var c = vectors; c < Width; c++)
            y[c] = ((x[c] - mean - left) * scale * gamma[c]) + beta[c];
    }
}
