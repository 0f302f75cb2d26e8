using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// For many rows, weights are transposed once, in scratch memory, and <see cref="Gemm"/> multiplies. For few rows, tasks transpose them.
/// Both sum in the same order.
/// </summary>
internal static class GemmBackwardSimd
{
    // One transposition with a second pass over memory costs less than several from there on.
    private const int ManyRows = 512;

    public static void Run(Device device, in GemmBackwardArgs args)
    {
        if (args.Rows < ManyRows)
        {
            WeightTypes.Use(args.Weights, new Launch(device, args));
            return;
        }
        var (outFeatures, inFeatures) = (args.Weights.OutFeatures, args.Weights.InFeatures);
        var bytes = PackedWeights.BytesOf(inFeatures, outFeatures, DType.Float32);
        // The device owns this memory. Vector loads may pass the end of the weights.
        var memory = device.Scratch(bytes + 64).SubView(0, bytes);
        using var batch = device.BeginBatch();
        WeightTypes.Use(args.Weights, new Transpose(device, args, memory.Cast<float>()));
        var transposed = PackedWeights.In(device, inFeatures, outFeatures, DType.Float32, memory);
        Gemm.Run(device, new GemmArgs { X = args.OutputGradient, Weights = transposed, Y = args.InputGradient, Rows = args.Rows });
    }

    private readonly struct Launch(Device device, GemmBackwardArgs args) : IWeightUse
    {
        void IWeightUse.With<TStored, TFormat>(ArrayView<TStored> weights) =>
            device.LaunchVectors(new GemmBackwardSimd<TStored, TFormat>(args, weights));
    }

    private readonly struct Transpose(Device device, GemmBackwardArgs args, ArrayView<float> transposed) : IWeightUse
    {
        void IWeightUse.With<TStored, TFormat>(ArrayView<TStored> weights) =>
            device.LaunchVectors(new TransposeWeights<TStored, TFormat>(args, weights, transposed));
    }
}

/// <summary>
/// A task computes 64 columns of the gradient for a block of rows. It transposes 64 × 64 weights of each panel in the first-level cache
/// and multiplies all its rows by them.
/// </summary>
internal readonly unsafe struct GemmBackwardSimd<TStored, TFormat> : IVectorOperator
    where TStored : unmanaged
    where TFormat : struct, IWeightDType<TStored>
{
    private const int Width = PackedWeights.PanelWidth, TileRows = GemmTiles.Rows, MaxBlockRows = 144;

    private readonly float* dy, dx;
    private readonly TransposeWeights<TStored, TFormat> weights;
    private readonly int rows, outFeatures, inFeatures, blockRows;

    public GemmBackwardSimd(in GemmBackwardArgs args, ArrayView<TStored> weights)
    {
        dy = Cpu.Pointer(args.OutputGradient);
        dx = Cpu.Pointer(args.InputGradient);
        this.weights = new(args, weights, default);
        (rows, outFeatures, inFeatures) = (args.Rows, args.Weights.OutFeatures, args.Weights.InFeatures);
        blockRows = RowBlocks.Size(rows, MaxBlockRows, TileRows);
        Tasks = checked(this.weights.Columns * ((rows + blockRows - 1) / blockRows));
    }

    public int Tasks { get; }

    [SkipLocalsInit]
    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var (column, first) = (task % weights.Columns * Width, task / weights.Columns * blockRows);
        var (columns, count) = (Math.Min(Width, inFeatures - column), Math.Min(blockRows, rows - first));
        var memory = stackalloc float[(Width * Width) + ((MaxBlockRows + TileRows) * Width) + 16];
        var turned = (float*)(((long)memory + 63) & ~63L);
        var sums = turned + (Width * Width);
        new Span<float>(sums, (count + TileRows) * Width).Clear();
        var share = columns * Width * sizeof(TStored) * TileRows / count;
        for (var output = 0; output < outFeatures; output += Width)
        {
            var outputs = Math.Min(Width, outFeatures - output);
            weights.Write<TVector>(output, column, turned);
            // Each tile prefetches its next output gradients and its share of their weights.
            var next = (byte*)(weights.Panel(output + Width) + TFormat.Place(column, 0));
            for (var row = 0; row < count; row += TileRows, next += share)
            {
                var y = dy + ((long)(first + row) * outFeatures) + output;
                var tall = Math.Min(TileRows, count - row);
                Prefetching.Rows(y + Width, outFeatures, tall);
                Prefetching.Bytes(next, share);
                GemmTiles<TVector, float, Float32Weights>.Multiply(y, outFeatures, tall, turned, outputs, sums + (row * Width));
            }
        }
        for (var row = 0; row < count; row++)
            RowMath.Copy(sums + (row * Width), dx + ((long)(first + row) * inFeatures) + column, columns);
    }
}
