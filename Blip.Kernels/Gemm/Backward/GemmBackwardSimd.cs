using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

internal static class GemmBackwardSimd
{
    public static void Run(Device device, in GemmBackwardArgs args) => WeightTypes.Use(args.Weights, new Launch(device, args));

    private readonly struct Launch(Device device, GemmBackwardArgs args) : IWeightUse
    {
        void IWeightUse.With<TStored, TFormat>(ArrayView<TStored> weights) =>
            device.LaunchVectors(new GemmBackwardSimd<TStored, TFormat>(args, weights));
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

    private readonly float* dy, dx, scales;
    private readonly TStored* weights;
    private readonly int rows, outFeatures, inFeatures, columnBlocks, blockRows;

    // Format to which weights are rounded; single precision also if they are stored in that format.
    private readonly DType precision;

    public GemmBackwardSimd(in GemmBackwardArgs args, ArrayView<TStored> weights)
    {
        dy = Cpu.Pointer(args.OutputGradient);
        dx = Cpu.Pointer(args.InputGradient);
        scales = Cpu.Pointer(args.Weights.Scales);
        this.weights = Cpu.Pointer(weights);
        (rows, outFeatures, inFeatures) = (args.Rows, args.Weights.OutFeatures, args.Weights.InFeatures);
        precision = args.Precision == args.Weights.Format ? DType.Float32 : args.Precision;
        columnBlocks = (inFeatures + Width - 1) / Width;
        blockRows = RowBlocks.Size(rows, MaxBlockRows, TileRows);
        Tasks = checked(columnBlocks * ((rows + blockRows - 1) / blockRows));
    }

    public int Tasks { get; }

    [SkipLocalsInit]
    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var (column, first) = (task % columnBlocks * Width, task / columnBlocks * blockRows);
        var (columns, count) = (Math.Min(Width, inFeatures - column), Math.Min(blockRows, rows - first));
        var memory = stackalloc float[(2 * Width * Width) + ((MaxBlockRows + TileRows) * Width) + 16];
        var turned = (float*)(((long)memory + 63) & ~63L);
        float* wide = turned + (Width * Width), sums = wide + (Width * Width);
        new Span<float>(sums, (count + TileRows) * Width).Clear();
        if (columns < Width)
            new Span<float>(turned, Width * Width).Clear();
        var share = columns * Width * sizeof(TStored) * TileRows / count;
        for (var output = 0; output < outFeatures; output += Width)
        {
            var outputs = Math.Min(Width, outFeatures - output);
            var panel = weights + (output / Width * (long)TFormat.PanelLength(inFeatures));
            Transposition.Run(Block<TVector>(panel, output, column, columns, wide), Width, columns, outputs, turned, Width);
            WeightPacking.RoundRows<TVector>(turned, outputs, precision);
            // Each tile prefetches its next output gradients and its share of their weights.
            var next = (byte*)(panel + TFormat.PanelLength(inFeatures) + TFormat.Place(column, 0));
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

    // [columns, 64]. Floats without scales are read in place.
    private float* Block<TVector>(TStored* panel, int output, int column, int columns, float* wide)
        where TVector : unmanaged, IVector<TVector>
    {
        if (typeof(TFormat) == typeof(Float32Weights))
            return (float*)panel + ((long)column * Width);
        TFormat.Widen<TVector>(panel, column, columns, wide);
        for (var i = 0; scales != null && i < columns * Width; i += TVector.Count)
            TVector.Store(TVector.Load(wide + i) * TVector.Load(scales + output + (i % Width)), wide + i);
        return wide;
    }
}
