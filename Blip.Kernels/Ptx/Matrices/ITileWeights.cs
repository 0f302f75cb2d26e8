using System.Runtime.CompilerServices;
using Blip.Kernels.Ptx;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// Weights of <see cref="GemmTensorCore"/>: 256 threads bring 32 k of two panels to a stage in shared memory. 16-bit weights are copied
/// asynchronously; bytes become half precision in registers.
/// </summary>
internal interface ITileWeights : IMatrixPrecision
{
    /// <summary>
    /// A thread's part of each stage of two panels. Missing panels, and k from <paramref name="inFeatures"/> on, are zeros.
    /// </summary>
    static abstract TilePlace Place(int panel, int panels, int inFeatures);

    /// <summary>
    /// Starts copying it, from the stage's first k, to the address of the stage's panels. See <see cref="IMatrixInputs.Begin"/>.
    /// </summary>
    static abstract Bits4 Begin(ArrayView<Bits4> weights, TilePlace place, int k, int inFeatures, uint stage);

    /// <summary>Ends the copy to the stage's panels, in units of 16 bytes. See <see cref="IMatrixInputs.End{TPrecision}"/>.</summary>
    static abstract void End(Bits4 piece, TilePlace place, ArrayView<Bits4> shared, int stage);
}

internal struct TilePlace
{
    /// <summary>The source at k 0, in units of 16 bytes; the second in the other panel, if the thread reads both.</summary>
    public int Left, Right;

    /// <summary>16, or 0 (zeros) where a panel is missing; for 16-bit weights, the right one.</summary>
    public int Bytes;

    /// <summary>Its k within the stage.</summary>
    public int K;

    /// <summary>The destination, in bytes from the stage's first panel.</summary>
    public int To;

    /// <summary>16-bit weights: 16 bytes of one k per panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TilePlace Of16(int panel, int panels, int inFeatures)
    {
        var (k, columns) = (Group.IdxX >> 3, Group.IdxX & 7);
        var left = (panel * inFeatures * 8) + Group.IdxX;
        return new TilePlace
        {
            Left = left,
            Right = left + (inFeatures * 8),
            Bytes = panel + 1 < panels ? 16 : 0,
            K = k,
            To = (k * MatrixStage.PanelRow) + ((columns ^ (k & 7)) << 4),
        };
    }

    /// <summary>Copies 16-bit weights asynchronously; zeros read nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Bits4 Copy16(ArrayView<Bits4> weights, TilePlace place, int k, int inFeatures, uint stage)
    {
        var inside = k + place.K < inFeatures;
        TensorCore.CopyAsync(stage + (uint)place.To, ref weights[place.Left + (k * 8)], inside ? 16 : 0);
        TensorCore.CopyAsync(stage + (uint)place.To + MatrixStage.PanelBytes, ref weights[place.Right + (k * 8)], inside ? place.Bytes : 0);
        return default;
    }
}
