using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>CPU variant: the three passes of <see cref="LayerNormPortable"/> over a row that stays in the first-level cache, with vectors.</summary>
internal static class LayerNormSimd
{
    public static void Run(
        Device device, ArrayView<float> x, ArrayView<float> residual, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<float> y,
        int rows, int width, float eps)
    {
        if (Vector512.IsHardwareAccelerated)
            device.Launch(Operator<Lanes512, Vector512<float>>(device, x, residual, gamma, beta, y, rows, width, eps));
        else
            device.Launch(Operator<Lanes256, Vector256<float>>(device, x, residual, gamma, beta, y, rows, width, eps));
    }

    internal static LayerNormOperator<TLanes, TVector> Operator<TLanes, TVector>(
        Device device, ArrayView<float> x, ArrayView<float> residual, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<float> y,
        int rows, int width, float eps)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged => new()
    {
        X = Cpu.Address(x),
        Residual = Cpu.Address(residual),
        Gamma = Cpu.Address(gamma),
        Beta = Cpu.Address(beta),
        Y = Cpu.Address(y),
        Rows = new RowTasks(device, rows),
        Width = width,
        Eps = eps,
    };
}

/// <summary>One layer normalisation, a few rows per task.</summary>
internal unsafe struct LayerNormOperator<TLanes, TVector> : ICpuOperator
    where TLanes : ILanes<TVector>
    where TVector : unmanaged
{
    public CpuPointer<float> X, Residual, Gamma, Beta, Y;
    public RowTasks Rows;
    public int Width;
    public float Eps;

    public readonly int Tasks => Rows.Tasks;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int task)
    {
        for (var row = Rows.First(task); row < Rows.End(task); row++)
        {
            var x = (float*)X + ((long)row * Width);
            var y = (float*)Y + ((long)row * Width);
            if ((float*)Residual == null)
            {
                Normalize(x, y);
                continue;
            }
            // The sum goes to y at once, where the passes find it: y may be x or the residual itself.
            var residual = (float*)Residual + ((long)row * Width);
            var c = 0;
            for (; c + TLanes.Count <= Width; c += TLanes.Count)
                TLanes.Store(TLanes.Add(TLanes.Load(x + c), TLanes.Load(residual + c)), y + c);
            for (; c < Width; c++)
                y[c] = x[c] + residual[c];
            Normalize(y, y);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Normalize(float* x, float* y)
    {
        var vectors = Width / TLanes.Count * TLanes.Count;
        var sums = TLanes.Create(0);
        for (var c = 0; c < vectors; c += TLanes.Count)
            sums = TLanes.Add(sums, TLanes.Load(x + c));
        var sum = TLanes.Sum(sums);
        for (var c = vectors; c < Width; c++)
            sum += x[c];
        var mean = sum / Width;

        var shift = TLanes.Create(mean);
        var squares = TLanes.Create(0);
        var lefts = TLanes.Create(0);
        for (var c = 0; c < vectors; c += TLanes.Count)
        {
            var difference = TLanes.Subtract(TLanes.Load(x + c), shift);
            squares = TLanes.MultiplyAdd(difference, difference, squares);
            lefts = TLanes.Add(lefts, difference);
        }
        var (square, left) = (TLanes.Sum(squares), TLanes.Sum(lefts));
        for (var c = vectors; c < Width; c++)
        {
            var difference = x[c] - mean;
            square += difference * difference;
            left += difference;
        }
        left /= Width;
        var variance = MathF.Max((square / Width) - (left * left), 0);
        var scale = 1 / MathF.Sqrt(variance + Eps);

        var (lefts2, scales) = (TLanes.Create(left), TLanes.Create(scale));
        float* gamma = Gamma, beta = Beta;
        for (var c = 0; c < vectors; c += TLanes.Count)
        {
            var value = TLanes.Multiply(TLanes.Subtract(TLanes.Subtract(TLanes.Load(x + c), shift), lefts2), scales);
            TLanes.Store(TLanes.MultiplyAdd(value, TLanes.Load(gamma + c), TLanes.Load(beta + c)), y + c);
        }
        for (var c = vectors; c < Width; c++)
            y[c] = ((x[c] - mean - left) * scale * gamma[c]) + beta[c];
    }
}
