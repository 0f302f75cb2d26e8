using System.Runtime.CompilerServices;
using Blip.Kernels.Ptx;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// Weights as <see cref="GemmTensorCore"/> brings them to a stage in shared memory, 32 k of two panels, by 256 threads: those of 16 bits are copied
/// in the background, bytes become half precision on their way through registers.
/// </summary>
internal interface ITileWeights : IMatrixPrecision
{
    /// <summary>A thread's part of each stage.</summary>
    /// <param name="panel">The first of the two panels.</param>
    /// <param name="panels">How many there are; zeros beyond.</param>
    /// <param name="inFeatures">Zeros from there on.</param>
    static abstract TilePlace Place(int panel, int panels, int inFeatures);

    /// <summary>Begins to copy it: values in flight are in the result, or in a background copy.</summary>
    /// <param name="weights">All panels.</param>
    /// <param name="place">Where it lies.</param>
    /// <param name="k">The stage's first k.</param>
    /// <param name="inFeatures">Zeros from there on.</param>
    /// <param name="stage">Address of the stage's panels.</param>
    static abstract Bits4 Begin(ArrayView<Bits4> weights, TilePlace place, int k, int inFeatures, uint stage);

    /// <summary>Ends the copy: background copies are complete once the thread has waited for them.</summary>
    /// <param name="piece">The values in flight.</param>
    /// <param name="place">Where it goes.</param>
    /// <param name="shared">Shared memory.</param>
    /// <param name="stage">The stage's panels, in units of 16 bytes.</param>
    static abstract void End(Bits4 piece, TilePlace place, ArrayView<Bits4> shared, int stage);
}

/// <summary>A thread's part of the weights of a stage.</summary>
internal struct TilePlace
{
    /// <summary>Of k 0, in units of 16 bytes; the second one of the other panel, where a thread brings of both.</summary>
    public int Left, Right;

    /// <summary>16, or 0 for zeros in place of a panel that is not there: of 16 bits the right one.</summary>
    public int Bytes;

    /// <summary>Its k within the stage.</summary>
    public int K;

    /// <summary>Where it goes, in bytes from the stage's first panel.</summary>
    public int To;

    /// <summary>Weights of 16 bits: 16 bytes of one k in each panel.</summary>
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

    /// <summary>Copies weights of 16 bits in the background; nothing is read where nothing is copied.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Bits4 Copy16(ArrayView<Bits4> weights, TilePlace place, int k, int inFeatures, uint stage)
    {
        var inside = k + place.K < inFeatures;
        TensorCore.CopyAsync(stage + (uint)place.To, ref weights[place.Left + (k * 8)], inside ? 16 : 0);
        TensorCore.CopyAsync(stage + (uint)place.To + MatrixStage.PanelBytes, ref weights[place.Right + (k * 8)], inside ? place.Bytes : 0);
        return default;
    }
}
