using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Chooses the vectors that the processor has.</summary>
internal static class GemmSimd
{
    public static void Run(Device device, in GemmArgs args)
    {
        switch (device.Vectors)
        {
            case CpuVectors.Avx512: Run<Floats512>(device, args); break;
            case CpuVectors.Avx2: Run<Floats256>(device, args); break;
            default: Run<Floats128>(device, args); break;
        }
    }

    /// <summary>With vectors of one width, also where another would be chosen.</summary>
    public static void Run<TVector>(Device device, in GemmArgs args)
        where TVector : unmanaged, IVector<TVector>
    {
        switch (args.Weights.Format)
        {
            case DType.Float32: device.Launch(new GemmSimd<TVector, float, Float32Weights>(args, args.Weights.Float32)); break;
            case DType.Float16: device.Launch(new GemmSimd<TVector, ushort, Float16Weights>(args, args.Weights.Bits16)); break;
            case DType.BFloat16: device.Launch(new GemmSimd<TVector, ushort, BFloat16Weights>(args, args.Weights.Bits16)); break;
            default: GemmSimdInt8.Run<TVector>(device, args); break;
        }
    }
}

/// <summary>
/// ILGPU's CPU accelerator. A task multiplies a block of rows with one panel of weights, which stays in the second-level cache while the
/// rows go by (Goto and van de Geijn 2008, section 4, with the weights packed at load). Where there are few rows a task reads its panel
/// from memory once for all of them.
/// </summary>
internal readonly unsafe struct GemmSimd<TVector, TStored, TFormat> : ICpuOperator
    where TVector : unmanaged, IVector<TVector>
    where TStored : unmanaged
    where TFormat : struct, IVectorFormat<TStored>
{
    private const int Width = PackedWeights.PanelWidth;

    private const int TileRows = GemmTiles<TVector, TStored, TFormat>.Rows;

    // Also what is widened at a time: 64 · 64 floats take 16 KiB, half of any first-level cache.
    private const int MaxDepth = Gemm.ChainLength;

    private const int MaxBlockRows = 144;

    private readonly float* x, bias, residual, y;
    private readonly TStored* weights;
    private readonly int rows, outFeatures, inFeatures, panels, blockRows;
    private readonly Activation activation;

    public GemmSimd(in GemmArgs args, ArrayView<TStored> weights)
    {
        x = Cpu.Pointer(args.X);
        bias = Cpu.Pointer(args.Bias);
        residual = Cpu.Pointer(args.Residual);
        y = Cpu.Pointer(args.Y);
        this.weights = Cpu.Pointer(weights);
        (rows, outFeatures, inFeatures, panels) = (args.Rows, args.Weights.OutFeatures, args.Weights.InFeatures, args.Weights.Panels);
        activation = args.Activation;

        // Blocks of nearly the same size, of whole tiles.
        var blocks = (rows + MaxBlockRows - 1) / MaxBlockRows;
        blockRows = (((rows + blocks - 1) / blocks) + TileRows - 1) / TileRows * TileRows;
        Tasks = panels * ((rows + blockRows - 1) / blockRows);
    }

    public int Tasks { get; }

    public void Run(int task)
    {
        var panel = task % panels;
        var first = task / panels * blockRows;
        var count = Math.Min(blockRows, rows - first);
        var w = weights + ((long)panel * inFeatures * Width);

        if (sizeof(TStored) == sizeof(float) || count <= TileRows)
            MultiplyPanel(panel, first, count, w);
        else
            MultiplyWidened(panel, first, count, w);
    }

    /// <summary>One tile of rows after the other, each over all of k: its sums stay in the first-level cache, the panel in the second.</summary>
    [SkipLocalsInit]
    private void MultiplyPanel(int panel, int first, int count, TStored* w)
    {
        var memory = stackalloc float[(TileRows * Width) + 16];
        var sums = Aligned(memory);
        for (var row = first; row < first + count; row += TileRows)
        {
            new Span<float>(sums, TileRows * Width).Clear();
            var tall = Math.Min(TileRows, first + count - row);
            PrefetchOutput(row, tall, panel * Width);
            for (var k = 0; k < inFeatures; k += MaxDepth)
                GemmTiles<TVector, TStored, TFormat>.Multiply(x + ((long)row * inFeatures) + k, inFeatures, tall, w + ((long)k * Width), Math.Min(MaxDepth, inFeatures - k), sums);
            Finish(sums, row, tall, panel * Width);
        }
    }

    /// <summary>One block of k after the other, each over all rows: it is widened once for them.</summary>
    [SkipLocalsInit]
    private void MultiplyWidened(int panel, int first, int count, TStored* w)
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
                GemmTiles<TVector, float, Float32Weights>.Multiply(x + ((long)(first + row) * inFeatures) + k, inFeatures, tall, wide, depth, tile);
                if (k + depth == inFeatures)
                    Finish(tile, first + row, tall, panel * Width);
            }
        }
    }

    // What a tile will write, and mostly reads first, is there when its sums are.
    private void PrefetchOutput(int row, int count, int column)
    {
        if (!Sse.IsSupported)
            return;
        for (var i = 0; i < count; i++)
        {
            var to = ((long)(row + i) * outFeatures) + column;
            for (var j = 0; j < Width; j += 64 / sizeof(float))
            {
                Sse.Prefetch0(y + to + j);
                if (residual != null)
                    Sse.Prefetch0(residual + to + j);
            }
        }
    }

    private static float* Aligned(float* memory) => (float*)(((long)memory + 63) & ~63L);

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
            for (var j = 0; j < columns; j += TVector.Count)
            {
                var value = TVector.Load(sums + j);
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
