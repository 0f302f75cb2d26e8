using System.Runtime.CompilerServices;
using Blip.Kernels.Ptx;
using ILGPU;

namespace Blip.Kernels;

/// <summary>8-bit integers, exact in half precision, with half-precision inputs.</summary>
internal readonly struct Int8Matrix : IMatrixWeights, ITileWeights
{
    // 64 outputs, 16 bytes at a time.
    private const int PiecesPerPair = 2 * WeightPanel.Width / 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Pack(float low, float high) => TensorCore.PackFloat16(low, high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 MultiplyAdd(Bits4 a, Bits2 b, Floats4 c) => TensorCore.MultiplyAddFloat16(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WarpGroupSums MultiplyAdd(ulong a, ulong b, WarpGroupSums c) => TensorCore.MultiplyAddGroupFloat16(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int PanelPieces(int inFeatures) => (inFeatures + 1) / 2 * MatrixColumns.PiecesPerRow;

    // Two k are adjacent; the last pair's second may be zero.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static MatrixColumns Load(ArrayView<Bits2> panel, int k, int columns, int inFeatures) => new()
    {
        A = TensorCore.Load(ref panel[(k * (MatrixColumns.PiecesPerRow / 2)) + columns], inFeatures - k),
        B = TensorCore.Load(ref panel[((k + 8) * (MatrixColumns.PiecesPerRow / 2)) + columns], inFeatures - k - 8),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static MatrixColumns Unpack(MatrixColumns read) => new()
    {
        A = new Bits2 { X = TensorCore.LowBytesToFloat16(read.A.X), Y = TensorCore.LowBytesToFloat16(read.B.X) },
        B = new Bits2 { X = TensorCore.HighBytesToFloat16(read.A.X), Y = TensorCore.HighBytesToFloat16(read.B.X) },
        C = new Bits2 { X = TensorCore.LowBytesToFloat16(read.A.Y), Y = TensorCore.LowBytesToFloat16(read.B.Y) },
        D = new Bits2 { X = TensorCore.HighBytesToFloat16(read.A.Y), Y = TensorCore.HighBytesToFloat16(read.B.Y) },
    };

    // Two k of eight outputs. 128 threads have each panel: sixteen pairs of k times eight groups of outputs.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TilePlace Place(int panel, int panels, int inFeatures)
    {
        var (own, pair, columns) = (panel + (Group.IdxX >> 7), (Group.IdxX >> 3) & 15, Group.IdxX & 7);
        return new TilePlace
        {
            Left = (own * ((inFeatures + 1) / 2) * PiecesPerPair) + (pair * PiecesPerPair) + columns,
            Bytes = own < panels ? 16 : 0,
            K = 2 * pair,
            To = ((Group.IdxX >> 7) * MatrixStage.PanelBytes) + (2 * pair * MatrixStage.PanelRow) + ((columns ^ ((2 * pair) & 7)) << 4),
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Bits4 Begin(ArrayView<Bits4> weights, TilePlace place, int k, int inFeatures, uint stage) =>
        TensorCore.Load(ref weights[place.Left + (k / 2 * PiecesPerPair)], place.Bytes > 0 ? inFeatures - k - place.K : 0);

    // The even k's row, then the odd one's below it, with its own swizzle.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void End(Bits4 piece, TilePlace place, ArrayView<Bits4> shared, int stage)
    {
        var (l0, h0) = (TensorCore.LowBytesToFloat16(piece.X), TensorCore.HighBytesToFloat16(piece.X));
        var (l1, h1) = (TensorCore.LowBytesToFloat16(piece.Y), TensorCore.HighBytesToFloat16(piece.Y));
        var (l2, h2) = (TensorCore.LowBytesToFloat16(piece.Z), TensorCore.HighBytesToFloat16(piece.Z));
        var (l3, h3) = (TensorCore.LowBytesToFloat16(piece.W), TensorCore.HighBytesToFloat16(piece.W));
        var to = stage + (place.To >> 4);
        shared[to] = new Bits4
        {
            X = TensorCore.LowHalves(l0, h0),
            Y = TensorCore.LowHalves(l1, h1),
            Z = TensorCore.LowHalves(l2, h2),
            W = TensorCore.LowHalves(l3, h3),
        };
        shared[(to ^ 1) + (MatrixStage.PanelRow / 16)] = new Bits4
        {
            X = TensorCore.HighHalves(l0, h0),
            Y = TensorCore.HighHalves(l1, h1),
            Z = TensorCore.HighHalves(l2, h2),
            W = TensorCore.HighHalves(l3, h3),
        };
    }
}
