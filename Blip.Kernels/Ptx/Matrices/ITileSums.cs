using System.Runtime.CompilerServices;
using Blip.Kernels.Ptx;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// The sums of <see cref="GemmTensorCore"/> that a thread holds, and the instructions that make them. A stage is 128 rows of 32 inputs, then 32 rows of
/// each of two panels, swizzled as the instructions of both kinds read them.
/// </summary>
/// <typeparam name="TSelf">The sums.</typeparam>
internal interface ITileSums<TSelf>
    where TSelf : unmanaged, ITileSums<TSelf>
{
    /// <summary>A thread's work between writing its part of a stage and the barrier.</summary>
    static abstract void Publish();

    /// <summary>sums + inputs · weights over one stage.</summary>
    /// <param name="stage">Where it lies in shared memory.</param>
    /// <param name="sums">The sums so far.</param>
    static abstract TSelf MultiplyAdd<TPrecision>(uint stage, TSelf sums)
        where TPrecision : struct, IMatrixPrecision;

    /// <summary>a + b.</summary>
    static abstract TSelf Add(TSelf a, TSelf b);

    /// <summary>Whether the thread's rows are those from <paramref name="first"/> on, 0 or 64.</summary>
    static abstract bool Holds(int first);

    /// <summary>Writes the thread's sums into 64 rows of <see cref="MatrixStage.OutStride"/> floats.</summary>
    static abstract void Store(ArrayView<Floats2> to, TSelf sums);
}

/// <summary>Instructions of a warp: each of eight has 64 rows and 32 columns.</summary>
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
        // Where the rows of this thread's matrices begin: 16-byte pieces are swizzled.
        var inputs = stage + (uint)(((Row + (Lane & 15)) * MatrixStage.InputRow) + (((Lane >> 4) ^ ((Lane >> 1) & 3)) << 4));
        var columns = stage + (uint)(MatrixStage.InputBytes + ((Column >> 6) * MatrixStage.PanelBytes) + ((Lane & 15) * MatrixStage.PanelRow)
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
