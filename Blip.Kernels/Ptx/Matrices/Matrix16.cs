using System.Runtime.CompilerServices;
using Blip.Kernels.Ptx;
using ILGPU;

namespace Blip.Kernels;

/// <summary>16-bit weights and inputs in one format.</summary>
internal readonly struct Matrix16<TFormat> : IMatrixWeights, ITileWeights
    where TFormat : struct, IMatrixPrecision
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Pack(float low, float high) => TFormat.Pack(low, high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 MultiplyAdd(Bits4 a, Bits2 b, Floats4 c) => TFormat.MultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WarpGroupSums MultiplyAdd(ulong a, ulong b, WarpGroupSums c) => TFormat.MultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int PanelPieces(int inFeatures) => inFeatures * MatrixColumns.PiecesPerRow;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static MatrixColumns Load(ArrayView<Bits2> panel, int k, int columns, int inFeatures) =>
        MatrixColumns.Load16(panel, k, columns, inFeatures);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static MatrixColumns Unpack(MatrixColumns read) => MatrixColumns.Unpack16(read);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TilePlace Place(int panel, int panels, int inFeatures) => TilePlace.Of16(panel, panels, inFeatures);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Bits4 Begin(ArrayView<Bits4> weights, TilePlace place, int k, int inFeatures, uint stage) =>
        TilePlace.Copy16(weights, place, k, inFeatures, stage);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void End(Bits4 piece, TilePlace place, ArrayView<Bits4> shared, int stage)
    {
    }
}
