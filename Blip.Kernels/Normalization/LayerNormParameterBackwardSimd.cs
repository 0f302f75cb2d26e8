using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>A task per block of rows, its sums in the L1 cache; then a task per range of columns.</summary>
internal static class LayerNormParameterBackwardSimd
{
    public static void Run(
        Device device, ArrayView<float> x, ArrayView<float> dy, ArrayView<float> dgamma, ArrayView<float> dbeta, ArrayView<float> sums,
        int slices, int blocks, int sliceRows, int width, float eps)
    {
        device.LaunchSixteenLanes(new LayerNormRowBlocks(x, dy, sums, checked(slices * blocks), blocks, sliceRows, width, eps));
        device.LaunchVectors(new LayerNormBlockSums(sums, dgamma, dbeta, slices, blocks, width));
    }
}

internal readonly unsafe struct LayerNormRowBlocks(
    ArrayView<float> x, ArrayView<float> dy, ArrayView<float> sums, int tasks, int blocks, int sliceRows, int width, float eps)
    : IVectorOperator
{
    private readonly float* x = Cpu.Pointer(x), dy = Cpu.Pointer(dy), sums = Cpu.Pointer(sums);
    private readonly int blocks = blocks, sliceRows = sliceRows, width = width;
    private readonly float eps = eps;

    public int Tasks { get; } = tasks;

    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var first = task % blocks * LayerNormParameterBackward.BlockRows;
        var end = Math.Min(first + LayerNormParameterBackward.BlockRows, sliceRows);
        var to = sums + ((long)task * 2 * width);
        new Span<float>(to, 2 * width).Clear();
        for (var row = first; row < end; row++)
        {
            var at = (((long)(task / blocks) * sliceRows) + row) * width;
            Add<TVector>(x + at, dy + at, to, to + width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add<TVector>(float* x, float* dy, float* gamma, float* beta)
        where TVector : unmanaged, IVector<TVector>
    {
        var vectors = width / TVector.Count * TVector.Count;
        var sums = TVector.Create(0);
        for (var c = 0; c < vectors; c += TVector.Count)
            sums += TVector.Load(x + c);
        var sum = TVector.Sum(sums);
        for (var c = vectors; c < width; c++)
            sum += x[c];
        var mean = sum / width;

        var shift = TVector.Create(mean);
        TVector squares = TVector.Create(0), lefts = squares;
        for (var c = 0; c < vectors; c += TVector.Count)
        {
            var difference = TVector.Load(x + c) - shift;
            squares = TVector.MultiplyAdd(difference, difference, squares);
            lefts += difference;
        }
        var (square, left) = (TVector.Sum(squares), TVector.Sum(lefts));
        for (var c = vectors; c < width; c++)
        {
            square += (x[c] - mean) * (x[c] - mean);
            left += x[c] - mean;
        }
        // The mean's rounding error.
        left /= width;
        var scale = 1 / MathF.Sqrt(MathF.Max((square / width) - (left * left), 0) + eps);

        var (lefts2, scales) = (TVector.Create(left), TVector.Create(scale));
        for (var c = 0; c < width; c += TVector.Count)
        {
            var gradient = TVector.Load(dy + c);
            var normalised = (TVector.Load(x + c) - shift - lefts2) * scales;
            VectorTail.Store(TVector.MultiplyAdd(gradient, normalised, TVector.Load(gamma + c)), gamma + c, width - c);
            VectorTail.Store(TVector.Load(beta + c) + gradient, beta + c, width - c);
        }
    }
}

internal readonly unsafe struct LayerNormBlockSums(
    ArrayView<float> sums, ArrayView<float> dgamma, ArrayView<float> dbeta, int slices, int blocks, int width) : IVectorOperator
{
    private const int Piece = 128;

    private readonly float* sums = Cpu.Pointer(sums), dgamma = Cpu.Pointer(dgamma), dbeta = Cpu.Pointer(dbeta);
    private readonly int slices = slices, blocks = blocks, width = width;

    public int Tasks => (width + Piece - 1) / Piece;

    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var end = Math.Min(width, (task + 1) * Piece);
        for (var slice = 0; slice < slices; slice++)
        {
            var from = sums + ((long)slice * blocks * 2 * width);
            for (var c = task * Piece; c < end; c += TVector.Count)
            {
                if (dgamma != null)
                    Add<TVector>(from + c, dgamma + c, end - c);
                if (dbeta != null)
                    Add<TVector>(from + width + c, dbeta + c, end - c);
            }
        }
    }

    private void Add<TVector>(float* from, float* to, int count)
        where TVector : unmanaged, IVector<TVector>
    {
        var sum = TVector.Create(0);
        for (var block = 0; block < blocks; block++)
            sum += TVector.Load(from + ((long)block * 2 * width));
        VectorTail.Store(TVector.Load(to) + sum, to, count);
    }
}
