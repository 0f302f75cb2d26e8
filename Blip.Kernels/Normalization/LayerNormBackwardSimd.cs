using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>The passes of <see cref="LayerNormBackwardPortable"/> in 16 lanes. A row stays in the L1 cache.</summary>
internal readonly unsafe struct LayerNormBackwardSimd(
    ArrayView<float> x, ArrayView<float> gamma, ArrayView<float> dy, ArrayView<float> dx,
    RowTasks rows, int width, float eps) : IVectorOperator
{
    private readonly float* x = Cpu.Pointer(x), gamma = Cpu.Pointer(gamma), dy = Cpu.Pointer(dy), dx = Cpu.Pointer(dx);
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
        var sums = TVector.Create(0);
        var gradients = sums;
        for (var c = 0; c < vectors; c += TVector.Count)
        {
            sums += TVector.Load(x + c);
            gradients = TVector.MultiplyAdd(TVector.Load(dy + c), TVector.Load(gamma + c), gradients);
        }
        var (sum, gradient) = (TVector.Sum(sums), TVector.Sum(gradients));
        for (var c = vectors; c < width; c++)
        {
            sum += x[c];
            gradient += dy[c] * gamma[c];
        }
        var (mean, meanGradient) = (sum / width, gradient / width);

        var (shift, gradientShift) = (TVector.Create(mean), TVector.Create(meanGradient));
        TVector squares = TVector.Create(0), lefts = squares, products = squares;
        for (var c = 0; c < vectors; c += TVector.Count)
        {
            var difference = TVector.Load(x + c) - shift;
            squares = TVector.MultiplyAdd(difference, difference, squares);
            lefts += difference;
            products = TVector.MultiplyAdd((TVector.Load(dy + c) * TVector.Load(gamma + c)) - gradientShift, difference, products);
        }
        var (square, left, product) = (TVector.Sum(squares), TVector.Sum(lefts), TVector.Sum(products));
        for (var c = vectors; c < width; c++)
        {
            var difference = x[c] - mean;
            square += difference * difference;
            left += difference;
            product += ((dy[c] * gamma[c]) - meanGradient) * difference;
        }
        left /= width;
        var variance = MathF.Max((square / width) - (left * left), 0);
        var scale = 1 / MathF.Sqrt(variance + eps);
        // The correction of the means would multiply two rounding errors, so it is omitted.
        var meanProduct = product * scale / width;

        var (lefts2, scales, meanProducts) = (TVector.Create(left), TVector.Create(scale), TVector.Create(meanProduct));
        for (var c = 0; c < vectors; c += TVector.Count)
        {
            var normalised = (TVector.Load(x + c) - shift - lefts2) * scales;
            TVector.Store(((TVector.Load(dy + c) * TVector.Load(gamma + c)) - gradientShift - (normalised * meanProducts)) * scales,
                dx + c);
        }
        for (var c = vectors; c < width; c++)
            dx[c] = ((dy[c] * gamma[c]) - meanGradient - ((x[c] - mean - left) * scale * meanProduct)) * scale;
    }
}
