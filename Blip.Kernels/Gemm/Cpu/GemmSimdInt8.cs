using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

internal static unsafe class GemmSimdInt8
{
    public static void Run(Device device, in GemmArgs args) => VectorTypes.Use(device.Vectors, new Launch(device, args));

    private readonly struct Launch(Device device, GemmArgs args) : IVectorUse
    {
        void IVectorUse.With<TVector, TSixteen, TPairs>()
        {
            var (rows, inFeatures) = (args.Rows, args.Weights.InFeatures);
            var stride = inFeatures + (inFeatures & 1);
            // The scales come first, so that both parts are aligned.
            var scratch = Cpu.Pointer(device.Scratch(((long)rows * sizeof(float)) + ((long)rows * stride * sizeof(short))));
            var scales = (float*)scratch;
            var quantised = (short*)(scales + rows);
            using var batch = device.BeginBatch();
            var toBytes = args.Weights.Format == DType.W8A8;
            device.Launch(new QuantiseRows(device, Cpu.Pointer(args.X), rows, inFeatures, quantised, stride, scales, toBytes));
            if (toBytes)
                device.Launch(new GemmSimdInt8<TVector, TPairs, WholeSums>(args, quantised, stride, scales));
            else
                device.Launch(new GemmSimdInt8<TVector, TPairs, FloatSums>(args, quantised, stride, scales));
        }
    }
}

/// <summary>
/// 8-bit weights: inputs of 16 bits times weights in whole numbers, two products and their sum per
/// instruction and lane. These sums are exact in any order. After <see cref="Depth"/> products they are added to
/// <typeparamref name="TSums"/>. Tasks and blocks are those of <see cref="GemmSimd{TStored, TFormat}"/>.
/// </summary>
internal readonly unsafe struct GemmSimdInt8<TVector, TPairs, TSums> : ICpuOperator
    where TVector : unmanaged, IVector<TVector>
    where TPairs : unmanaged, IPairs<TPairs>
    where TSums : struct, IPairSums
{
    private const int Width = PackedWeights.PanelWidth;

    // 384 · 127 · 32767 is three quarters of the 32-bit range. A panel's block takes 24 KiB of a first-level cache.
    private const int Depth = 384;

    private const int MaxBlockRows = 144;

    private readonly short* x;
    private readonly sbyte* weights;
    private readonly int rows, inFeatures, stride, panels, blockRows;
    private readonly GemmSimdEpilogue epilogue;

    public GemmSimdInt8(in GemmArgs args, short* x, int stride, float* rowScales)
    {
        this.x = x;
        this.stride = stride;
        weights = Cpu.Pointer(args.Weights.Int8);
        (rows, inFeatures, panels) = (args.Rows, args.Weights.InFeatures, args.Weights.Panels);
        epilogue = new GemmSimdEpilogue(args, rowScales);

        blockRows = RowBlocks.Size(rows, MaxBlockRows, GemmTilesInt8<TPairs, TSums>.MaxRows);
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
        for (var row = 0; row < count; row += GemmTilesInt8<TPairs, TSums>.MaxRows)
        {
            // Sums that the next block continues need separate places. Others stay in the first-level cache.
            var tile = stride > Depth ? sums + (row * Width) : sums;
            var tall = Math.Min(GemmTilesInt8<TPairs, TSums>.MaxRows, count - row);
            if (k == 0)
                new Span<float>(tile, tall * Width).Clear();
            GemmTilesInt8<TPairs, TSums>.Multiply(x + ((long)(first + row) * stride) + k, stride, tall, w, depth, tile);
            if (!last)
                continue;
            TSums.Finish(tile, tall * Width);
            epilogue.Write<TVector>(tile, first + row, tall, panel * Width);
        }
    }
}
