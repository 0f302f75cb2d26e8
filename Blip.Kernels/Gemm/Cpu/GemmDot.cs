using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Blip.Kernels.Devices;
using Blip.Kernels.MachineCode;

namespace Blip.Kernels;

/// <summary>The linear layer by instructions without .NET methods.</summary>
internal static unsafe class GemmDot
{
    /// <summary>Tiles for a weight format; null where .NET's vectors multiply. The same for every product of a device.</summary>
    public static NativeTiles? Tiles(CpuVectors vectors, DType format) =>
        Kind(vectors, format) is { } kind ? NativeTiles.Of(kind.Extension, kind.Product).Tiles : null;

    /// <summary>Why available <see cref="Tiles"/> are not used; null where they are used or absent.</summary>
    public static string? Refusal(CpuVectors vectors, DType format) =>
        Kind(vectors, format) is { } kind ? NativeTiles.Of(kind.Extension, kind.Product).Refusal : null;

    /// <summary>The machine code's products in words: <c>w8a8 by vpdpbusd, bf16 by vdpbf16ps</c>; null where there are none.</summary>
    public static string? Describe(CpuVectors vectors)
    {
        DType[] formats = [DType.W8A8, DType.BFloat16];
        string[] words =
        [
            .. from format in formats
               let kind = Kind(vectors, format)
               where kind is { } one && NativeTiles.Has(one.Extension, one.Product)
               select $"{(format == DType.W8A8 ? "w8a8" : "bf16")} by {NameOf(kind.Value.Extension, kind.Value.Product)}",
        ];
        return words.Length == 0 ? null : string.Join(", ", words);
    }

    public static void Run<TTiles>(Device device, in GemmArgs args, TTiles tiles)
        where TTiles : unmanaged, IDotTiles
    {
        var (rows, inFeatures) = (args.Rows, args.Weights.InFeatures);
        var isWhole = args.Weights.Format == DType.W8A8;
        var bytes = (long)inFeatures * (isWhole ? sizeof(byte) : sizeof(ushort));
        var stride = (bytes + DotTileShape.InputUnit - 1) / DotTileShape.InputUnit * DotTileShape.InputUnit;
        // The last tile may read whole; its extra rows are undefined.
        var tall = RowBlocks.Size(rows, int.MaxValue / 2, tiles.Shape.Rows);
        var scratch = Cpu.Pointer(device.Scratch((tall * stride) + ((long)rows * (sizeof(float) + sizeof(int)))));
        var scales = (float*)(scratch + (tall * stride));
        var zeros = (int*)(scales + rows);
        using var batch = device.BeginBatch();
        if (isWhole)
            device.Launch(new QuantiseRowsToBytes(device, Cpu.Pointer(args.X), rows, inFeatures, scratch, stride, scales, zeros));
        else
            device.Launch(new RoundRowsToBFloat16(device, Cpu.Pointer(args.X), rows, inFeatures, scratch, stride));
        device.LaunchVectors(new GemmDot<TTiles>(args, tiles, scratch, stride, isWhole ? scales : null, isWhole ? zeros : null));
    }

    private static string NameOf(DotExtension extension, DotProduct product) => (extension, product) switch
    {
        (DotExtension.Amx, DotProduct.Bytes) => "tdpbusd",
        (DotExtension.Amx, DotProduct.BFloat16) => "tdpbf16ps",
        (_, DotProduct.Bytes) => "vpdpbusd",
        (_, DotProduct.BFloat16) => "vdpbf16ps",
        _ => throw new UnreachableException($"{extension} does not multiply {product}."),
    };

    private static (DotExtension Extension, DotProduct Product)? Kind(CpuVectors vectors, DType format)
    {
        DotExtension? extension = vectors switch
        {
            CpuVectors.AvxVnni => DotExtension.AvxVnni,
            CpuVectors.Avx512Vnni => DotExtension.Avx512,
            CpuVectors.Amx => DotExtension.Amx,
            CpuVectors.Vector128 or CpuVectors.Avx2 or CpuVectors.Avx512 => null,
            _ => throw new UnreachableException($"There are no vectors for {vectors}."),
        };
        DotProduct? product = format switch
        {
            DType.W8A8 => DotProduct.Bytes,
            DType.BFloat16 => DotProduct.BFloat16,
            DType.Float32 or DType.Float16 or DType.Int8 => null,
            _ => throw DTypes.NotWeight(format, nameof(format)),
        };
        return extension is { } by && product is { } what ? (by, what) : null;
    }
}

/// <summary>
/// Products of bytes or pairs of bfloat16 by <see cref="IDotTiles"/>. Each sum is one chain over k, in whole numbers or single
/// precision. Tasks and blocks are those of <see cref="GemmSimd{TStored, TFormat}"/>, but AMX repacks its panels for each task.
/// </summary>
internal readonly unsafe struct GemmDot<TTiles> : IVectorOperator
    where TTiles : unmanaged, IDotTiles
{
    private const int Width = PackedWeights.PanelWidth;

    private const int MaxBlockRows = 144, MaxRepackedRows = 1152;

    private readonly TTiles tiles;
    private readonly byte* x, weights;
    private readonly long stride;
    private readonly int* zeros, weightSums;
    private readonly int rows, words, panels, blockRows;
    private readonly GemmSimdEpilogue epilogue;

    public GemmDot(in GemmArgs args, TTiles tiles, byte* x, long stride, float* scales, int* zeros)
    {
        this.tiles = tiles;
        this.x = x;
        this.stride = stride;
        this.zeros = zeros;
        weights = Cpu.Pointer(args.Weights.Storage);
        weightSums = Cpu.Pointer(args.Weights.WeightSums);
        (rows, panels) = (args.Rows, args.Weights.Panels);
        words = args.Weights.Format == DType.W8A8 ? (args.Weights.InFeatures + 1) / 2 : args.Weights.InFeatures;
        epilogue = new GemmSimdEpilogue(args, scales);
        blockRows = RowBlocks.Size(rows, tiles.Shape.IsRepacked ? MaxRepackedRows : MaxBlockRows, tiles.Shape.Rows);
        Tasks = panels * ((rows + blockRows - 1) / blockRows);
    }

    public int Tasks { get; }

    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var panel = task % panels;
        var first = task / panels * blockRows;
        var count = Math.Min(blockRows, rows - first);
        var w = weights + ((long)panel * words * DotTileEmitter.RowBytes);
        if (!tiles.Shape.IsRepacked)
        {
            Multiply<TVector>(panel, first, count, w);
            return;
        }
        var repacked = (byte*)NativeMemory.AlignedAlloc((nuint)AmxPanel.Steps(words) * 4 * AmxPanel.TileBytes, 64);
        AmxPanel.Write((ushort*)w, words, repacked);
        Multiply<TVector>(panel, first, count, repacked);
        NativeMemory.AlignedFree(repacked);
    }

    [SkipLocalsInit]
    private void Multiply<TVector>(int panel, int first, int count, byte* w)
        where TVector : unmanaged, IVector<TVector>
    {
        var most = tiles.Shape.Rows;
        var sums = stackalloc float[(most * Width) + 16];
        sums = (float*)(((long)sums + 63) & ~63L);
        for (var row = first; row < first + count; row += most)
        {
            var tall = Math.Min(most, first + count - row);
            epilogue.Prefetch(row, tall, panel * Width);
            tiles.Multiply(tall, x + (row * stride), stride, w, words, sums);
            if (zeros != null)
                TakeZeros(sums, row, tall, weightSums + (panel * Width));
            epilogue.Write<TVector>(sums, row, tall, panel * Width);
        }
    }

    // Subtracts the zero point's share exactly, and converts the sums to floats.
    private void TakeZeros(float* sums, int row, int count, int* ofPanel)
    {
        for (var i = 0; i < count; i++, sums += Width)
        {
            var zero = Vector256.Create(zeros[row + i]);
            for (var column = 0; column < Width; column += Vector256<int>.Count)
            {
                var whole = Vector256.Load((int*)sums + column) - (zero * Vector256.Load(ofPanel + column));
                Vector256.ConvertToSingle(whole).Store(sums + column);
            }
        }
    }
}
