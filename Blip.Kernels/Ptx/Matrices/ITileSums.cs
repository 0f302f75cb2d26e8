using System.Runtime.CompilerServices;
using Blip.Kernels.Ptx;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// A thread's sums in <see cref="GemmTensorCore"/>, and their instructions. A stage is 128 rows of 32 inputs, then 32 rows of each of two
/// panels, swizzled for both kinds of instructions.
/// </summary>
internal interface ITileSums<TSelf>
    where TSelf : unmanaged, ITileSums<TSelf>
{
    /// <summary>Runs between the thread's writes to a stage and the barrier.</summary>
    static abstract void Publish();

    /// <summary>sums + inputs · weights over the stage at an address in shared memory.</summary>
    static abstract TSelf MultiplyAdd<TPrecision>(uint stage, TSelf sums)
        where TPrecision : struct, IMatrixPrecision;

    static abstract TSelf Add(TSelf a, TSelf b);

    /// <summary>Whether the thread's rows start at <paramref name="first"/>, 0 or 64.</summary>
    static abstract bool Holds(int first);

    /// <summary>Writes the thread's sums into 64 rows of <see cref="MatrixStage.OutStride"/> floats.</summary>
    static abstract void Store(ArrayView<Floats2> to, TSelf sums);
}

/// <summary>Warp instructions: each of eight warps has 64 rows and 32 columns.</summary>
internal struct WarpSums : ITileSums<WarpSums>
{
    public MatrixTile16 R0, R1, R2, R3;

    private static int Lane
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Group.IdxX & 31;
    }

    private static int Row
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ((Group.IdxX >> 5) & 1) * 64;
    }

    private static int Column
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (Group.IdxX >> 6) * 32;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Publish()
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WarpSums MultiplyAdd<TPrecision>(uint stage, WarpSums sums)
        where TPrecision : struct, IMatrixPrecision
    {
        // Start of this thread's matrix rows: 16-byte pieces are swizzled.
        var inputs = stage + (uint)(((Row + (Lane & 15)) * MatrixStage.InputRow) + (((Lane >> 4) ^ ((Lane >> 1) & 3)) << 4));
        var columns = stage
            + (uint)(MatrixStage.InputBytes + ((Column >> 6) * MatrixStage.PanelBytes) + ((Lane & 15) * MatrixStage.PanelRow)
            + (((((Column & 63) >> 3) + (Lane >> 4)) ^ (Lane & 7)) << 4));
        sums = Half<TPrecision>(inputs, columns, sums);
        return Half<TPrecision>(inputs ^ 32, columns + (16 * MatrixStage.PanelRow), sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WarpSums Add(WarpSums a, WarpSums b) => new()
    {
        R0 = MatrixTile16.Add(a.R0, b.R0),
        R1 = MatrixTile16.Add(a.R1, b.R1),
        R2 = MatrixTile16.Add(a.R2, b.R2),
        R3 = MatrixTile16.Add(a.R3, b.R3),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(int first) => Row == first;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ArrayView<Floats2> to, WarpSums sums)
    {
        var at = (((Lane >> 2) * MatrixStage.OutStride) + Column + ((Lane & 3) * 2)) >> 1;
        MatrixStage.Store(to, at, sums.R0);
        MatrixStage.Store(to, at + (16 * MatrixStage.OutStride / 2), sums.R1);
        MatrixStage.Store(to, at + (32 * MatrixStage.OutStride / 2), sums.R2);
        MatrixStage.Store(to, at + (48 * MatrixStage.OutStride / 2), sums.R3);
    }

    // 16 of the 32 k.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static WarpSums Half<TPrecision>(uint inputs, uint columns, WarpSums sums)
        where TPrecision : struct, IMatrixPrecision
    {
        var w = MatrixColumns.Of(TensorCore.LoadTransposed(columns), TensorCore.LoadTransposed(columns ^ 32));
        return new WarpSums
        {
            R0 = MatrixTile16.MultiplyAdd<TPrecision>(TensorCore.LoadMatrices(inputs), w, sums.R0),
            R1 = MatrixTile16.MultiplyAdd<TPrecision>(TensorCore.LoadMatrices(inputs + (16 * MatrixStage.InputRow)), w, sums.R1),
            R2 = MatrixTile16.MultiplyAdd<TPrecision>(TensorCore.LoadMatrices(inputs + (32 * MatrixStage.InputRow)), w, sums.R2),
            R3 = MatrixTile16.MultiplyAdd<TPrecision>(TensorCore.LoadMatrices(inputs + (48 * MatrixStage.InputRow)), w, sums.R3),
        };
    }
}
