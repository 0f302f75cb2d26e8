using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// The CPU accelerator's <see cref="GemmDot{TTiles}"/>, <see cref="GemmSimd{TStored, TFormat}"/> or
/// <see cref="GemmSimdInt8{TVector, TPairs, TSums}"/>.
/// </summary>
internal static class GemmSimd
{
    public static void Run(Device device, in GemmArgs args)
    {
        if (GemmDot.Tiles(device.Vectors, args.Weights.Format) is { } tiles)
            GemmDot.Run(device, args, tiles);
        else if (args.Weights.Format.IsQuantised())
            GemmSimdInt8.Run(device, args);
        else
            WeightTypes.UseVectors(args.Weights, new Launch(device, args));
    }

    private readonly struct Launch(Device device, GemmArgs args) : IVectorWeightUse
    {
        void IVectorWeightUse.With<TStored, TFormat>(ArrayView<TStored> weights) =>
            device.LaunchVectors(new GemmSimd<TStored, TFormat>(args, weights));
    }
}

/// <summary>
/// A task multiplies a block of rows by one panel of weights, which stays in the second-level cache: Goto and van de Geijn 2008,
/// section 4, with weights packed at load. With few rows a task reads its panel from memory once.
/// </summary>
internal readonly unsafe struct GemmSimd<TStored, TFormat> : IVectorOperator
    where TStored : unmanaged
    where TFormat : struct, IVectorFormat<TStored>
{
    private const int Width = PackedWeights.PanelWidth;

    private const int TileRows = GemmTiles.Rows;

    // Also the widened depth: 64 · 64 floats take 16 KiB, half of any first-level cache.
    private const int MaxDepth = Gemm.ChainLength;

    private const int MaxBlockRows = 144;

    private readonly float* x;
    private readonly TStored* weights;
    private readonly int rows, inFeatures, panels, blockRows;
    private readonly GemmSimdEpilogue epilogue;

    public GemmSimd(in GemmArgs args, ArrayView<TStored> weights)
    {
        x = Cpu.Pointer(args.X);
        this.weights = Cpu.Pointer(weights);
        (rows, inFeatures, panels) = (args.Rows, args.Weights.InFeatures, args.Weights.Panels);
        epilogue = new GemmSimdEpilogue(args, rowScales: null);

        blockRows = RowBlocks.Size(rows, MaxBlockRows, TileRows);
        Tasks = panels * ((rows + blockRows - 1) / blockRows);
    }

    public int Tasks { get; }

    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var panel = task % panels;
        var first = task / panels * blockRows;
        var count = Math.Min(blockRows, rows - first);
        var w = weights + ((long)panel * inFeatures * Width);

        if (sizeof(TStored) == sizeof(float) || count <= TileRows)
            MultiplyPanel<TVector>(panel, first, count, w);
        else
            MultiplyWidened<TVector>(panel, first, count, w);
    }

    /// <summary>Each tile of rows goes over all of k: its sums stay in the first-level cache, the panel in the second.</summary>
    [SkipLocalsInit]
    private void MultiplyPanel<TVector>(int panel, int first, int count, TStored* w)
        where TVector : unmanaged, IVector<TVector>
    {
        var memory = stackalloc float[(TileRows * Width) + 16];
        var sums = Aligned(memory);
        for (var row = first; row < first + count; row += TileRows)
        {
            new Span<float>(sums, TileRows * Width).Clear();
            var tall = Math.Min(TileRows, first + count - row);
            epilogue.Prefetch(row, tall, panel * Width);
            for (var k = 0; k < inFeatures; k += MaxDepth)
                GemmTiles<TVector, TStored, TFormat>.Multiply(
                    x + ((long)row * inFeatures) + k, inFeatures, tall, w + ((long)k * Width), Math.Min(MaxDepth, inFeatures - k), sums);
            epilogue.Write<TVector>(sums, row, tall, panel * Width);
        }
    }

    /// <summary>Each block of k is widened once for all rows.</summary>
    [SkipLocalsInit]
    private void MultiplyWidened<TVector>(int panel, int first, int count, TStored* w)
        where TVector : unmanaged, IVector<TVector>
    {
        var memory = stackalloc float[((MaxDepth + MaxBlockRows + TileRows) * Width) + 16];
        var wide = Aligned(memory);
        var sums = wide + (MaxDepth * Width);
        for (var k = 0; k < inFeatures; k += MaxDepth, w += MaxDepth * Width)
        {
            var depth = Math.Min(MaxDepth, inFeatures - k);
            for (var i = 0; i < depth * Width; i += TVector.Count)
                TVector.Store(TFormat.Load<TVector>(w + i), wide + i);
            for (var row = 0; row < count; row += TileRows)
            {
                var tile = sums + (row * Width);
                if (k == 0)
                    new Span<float>(tile, TileRows * Width).Clear();
                var tall = Math.Min(TileRows, count - row);
                GemmTiles<TVector, float, Float32Weights>.Multiply(
                    x + ((long)(first + row) * inFeatures) + k, inFeatures, tall, wide, depth, tile);
                if (k + depth == inFeatures)
                    epilogue.Write<TVector>(tile, first + row, tall, panel * Width);
            }
        }
    }

    private static float* Aligned(float* memory) => (float*)(((long)memory + 63) & ~63L);
}
