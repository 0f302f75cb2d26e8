using System.Runtime.CompilerServices;

namespace Blip.Kernels;

/// <summary>Rows summed by slices, whose length divides their number; see <see cref="GemmWeightBackwardPortable"/>.</summary>
internal readonly struct SlicedRows(int rows, int sliceRows)
{
    public readonly int SliceRows = sliceRows;

    /// <summary>Rows of a slice in scratch memory, a multiple of <see cref="ValueFormats.Unit"/>.</summary>
    public readonly int Depth = (sliceRows + ValueFormats.Unit - 1) / ValueFormats.Unit * ValueFormats.Unit;

    public readonly int Slices = rows / sliceRows;

    public readonly int ChainsPerSlice = (sliceRows + Gemm.ChainLength - 1) / Gemm.ChainLength;

    public int Chains => Slices * ChainsPerSlice;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Blocks(int length) => (length + PackedWeights.PanelWidth - 1) / PackedWeights.PanelWidth;
}
