using System.Runtime.CompilerServices;

namespace Blip.Kernels;

/// <summary>Rows that are summed slice by slice; see <see cref="GemmWeightBackwardPortable"/>.</summary>
/// <param name="rows">All rows, a multiple of <paramref name="sliceRows"/>.</param>
/// <param name="sliceRows">Rows of a slice.</param>
internal readonly struct SlicedRows(int rows, int sliceRows)
{
    /// <summary>Rows of a slice.</summary>
    public readonly int SliceRows = sliceRows;

    /// <summary>Rows of a slice in scratch memory: a multiple of <see cref="ValueFormats.Unit"/>.</summary>
    public readonly int Depth = (sliceRows + ValueFormats.Unit - 1) / ValueFormats.Unit * ValueFormats.Unit;

    /// <summary>Slices.</summary>
    public readonly int Slices = rows / sliceRows;

    /// <summary>Chains of a slice, of at most <see cref="Gemm.ChainLength"/> rows each.</summary>
    public readonly int ChainsPerSlice = (sliceRows + Gemm.ChainLength - 1) / Gemm.ChainLength;

    /// <summary>Chains of all slices.</summary>
    public int Chains => Slices * ChainsPerSlice;

    /// <summary>Blocks of 64 in a length.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Blocks(int length) => (length + PackedWeights.PanelWidth - 1) / PackedWeights.PanelWidth;
}
