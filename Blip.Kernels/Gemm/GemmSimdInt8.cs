using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Rounds the inputs, then multiplies.</summary>
internal static unsafe class GemmSimdInt8
{
    /// <summary>Runs with the given vectors, of which there are pairs as wide.</summary>
    public static void Run<TVector>(Device device, in GemmArgs args)
        where TVector : unmanaged, IVector<TVector>
    {
        if (TVector.Count == Pairs512.Count)
            Run<TVector, Pairs512>(device, args);
        else if (TVector.Count == Pairs256.Count)
            Run<TVector, Pairs256>(device, args);
        else
            Run<TVector, Pairs128>(device, args);
    }

    private static void Run<TVector, TPairs>(Device device, in GemmArgs args)
        where TVector : unmanaged, IVector<TVector>
        where TPairs : unmanaged, IPairs<TPairs>
    {
        var (rows, inFeatures) = (args.Rows, args.Weights.InFeatures);
        var stride = inFeatures + (inFeatures & 1);
        // The scales come first, so that both start where a float may.
        var scratch = Cpu.Pointer(device.Scratch(((long)rows * sizeof(float)) + ((long)rows * stride * sizeof(short))));
        var scales = (float*)scratch;
        var quantised = (short*)(scales + rows);
        using var batch = device.BeginBatch();
        device.Launch(new QuantiseRows(device, Cpu.Pointer(args.X), rows, inFeatures, quantised, stride, scales));
        device.Launch(new GemmSimdInt8<TVector, TPairs>(args, quantised, stride, scales));
    }
}

/// <summary>
/// ILGPU's CPU accelerator, weights of 8 bits: inputs of 16 bits times weights in whole numbers, two products and their sum per
/// instruction and lane. Sums of whole numbers are exact, in any order; after <see cref="Depth"/> products they are added to a float.
/// Tasks and blocks are those of <see cref="GemmSimd{TVector, TStored, TFormat}"/>.
/// </summary>
internal readonly unsafe struct GemmSimdInt8<TVector, TPairs> : ICpuOperator
    where TVector : unmanaged, IVector<TVector>
    where TPairs : unmanaged, IPairs<TPairs>
{
    private const int Width = PackedWeights.PanelWidth;

    // 384 · 127 · 32767 is three quarters of what 32 bits hold. A panel's block takes 24 KiB of a first-level cache.
    private const int Depth = 384;

    private const int MaxBlockRows = 144;

    private readonly short* x;
    private readonly float* rowScales, scales, bias, residual, y;
    private readonly sbyte* weights;
    private readonly int rows, outFeatures, inFeatures, stride, panels, blockRows;
    private readonly Activation activation;

    public GemmSimdInt8(in GemmArgs args, short* x, int stride, float* rowScales)
    {
        this.x = x;
        this.stride = stride;
        this.rowScales = rowScales;
        weights = Cpu.Pointer(args.Weights.Int8);
        scales = Cpu.Pointer(args.Weights.Scales);
        bias = Cpu.Pointer(args.Bias);
        residual = Cpu.Pointer(args.Residual);
        y = Cpu.Pointer(args.Y);
        (rows, outFeatures, inFeatures, panels) = (args.Rows, args.Weights.OutFeatures, args.Weights.InFeatures, args.Weights.Panels);
        activation = args.Activation;

        // Blocks of nearly the same size, of whole tiles.
        var blocks = (rows + MaxBlockRows - 1) / MaxBlockRows;
        const int tile = GemmTilesInt8<TPairs>.MaxRows;
        blockRows = (((rows + blocks - 1) / blocks) + tile - 1) / tile * tile;
        Tasks = panels * ((rows + blockRows - 1) / blockRows);
    }

    public int Tasks { get; }

    [SkipLocalsInit]
    public void Run(int task)
    {
        var panel = task % panels;
        var first = task / panels * blockRows;
        var count = Math.Min(blockRows, rows - first);
        var w = weights + ((long)panel * Int8Weights.PanelLength(inFeatures));

        var sums = stackalloc float[(MaxBlockRows * Width) + 16];
        sums = (float*)(((long)sums + 63) & ~63L);
        for (var k = 0; k < stride; k += Depth)
            MultiplyBlock(panel, first, count, k, w + ((long)k * Width), sums);
    }

    private void MultiplyBlock(int panel, int first, int count, int k, sbyte* w, float* sums)
    {
        var depth = Math.Min(Depth, stride - k);
        var last = k + depth == stride;
        for (var row = 0; row < count; row += GemmTilesInt8<TPairs>.MaxRows)
        {
            // Sums that go on in the next block each need a place of their own; others stay in the first-level cache.
            var tile = stride > Depth ? sums + (row * Width) : sums;
            var tall = Math.Min(GemmTilesInt8<TPairs>.MaxRows, count - row);
            if (k == 0)
                new Span<float>(tile, tall * Width).Clear();
            GemmTilesInt8<TPairs>.Multiply(x + ((long)(first + row) * stride) + k, stride, tall, w, depth, tile);
            if (last)
                Finish(tile, first + row, tall, panel * Width);
        }
    }

    private void Finish(float* sums, int row, int count, int column)
    {
        switch (activation)
        {
            case Activation.None: Finish<Identity>(sums, row, count, column); break;
            case Activation.Gelu: Finish<Gelu>(sums, row, count, column); break;
            case Activation.QuickGelu: Finish<QuickGelu>(sums, row, count, column); break;
            case Activation.GeluTanh: Finish<GeluTanh>(sums, row, count, column); break;
            case Activation.Relu: Finish<Relu>(sums, row, count, column); break;
            default: Finish<Tanh>(sums, row, count, column); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Finish<TActivation>(float* sums, int row, int count, int column)
        where TActivation : struct, IActivation
    {
        var columns = Math.Min(Width, outFeatures - column);
        for (var i = 0; i < count; i++, sums += Width)
        {
            var to = ((long)(row + i) * outFeatures) + column;
            var rowScale = TVector.Create(rowScales[row + i]);
            for (var j = 0; j < columns; j += TVector.Count)
            {
                var value = TVector.Load(sums + j) * (TVector.Load(scales + column + j) * rowScale);
                if (bias != null)
                    value += TVector.Load(bias + column + j);
                value = TActivation.Apply(value);
                if (residual != null)
                    value += TVector.Load(residual + to + j);
                VectorTail.Store(value, y + to + j, columns - j);
            }
        }
    }
}
