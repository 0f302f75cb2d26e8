using System.Runtime.CompilerServices;
using Blip.Kernels.Ptx;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// Warpgroup instructions, sm_90a (PTX ISA, "Asynchronous Warpgroup Level Matrix Instructions"). Each of two warpgroups has 64 rows and 128
/// columns, and reads both factors directly from shared memory. The descriptors hold <see cref="GemmTensorCore"/>'s swizzles: 64 bytes for
/// inputs, whose rows are 32 k, and 128 bytes for weights, whose rows are 64 outputs. Assembled, never run.
/// </summary>
internal struct WarpGroupSums : ITileSums<WarpGroupSums>
{
    public MatrixTile16 C0, C1, C2, C3;

    // In units of 16 bytes: strides of eight rows and of 64 columns; layouts of 64 and 128 bytes.
    private const ulong InputRows =
        (8 * MatrixStage.InputRow) >> 4, WeightRows = (8 * MatrixStage.PanelRow) >> 4, Panel = MatrixStage.PanelBytes >> 4;
    private const ulong InputLayout =
        (1ul << 16) | (InputRows << 32) | (2ul << 62), WeightLayout = (Panel << 16) | (WeightRows << 32) | (1ul << 62);

    private static int WarpGroup
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Group.IdxX >> 7;
    }

    // Makes ordinary stores visible to instructions that read shared memory directly.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Publish() => TensorCore.PublishShared();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WarpGroupSums MultiplyAdd<TPrecision>(uint stage, WarpGroupSums sums)
        where TPrecision : struct, IMatrixPrecision
    {
        var inputs = stage + (uint)(WarpGroup * 64 * MatrixStage.InputRow);
        return TPrecision.MultiplyAdd(
            ((inputs & 0x3FFFF) >> 4) | InputLayout, (((stage + MatrixStage.InputBytes) & 0x3FFFF) >> 4) | WeightLayout, sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WarpGroupSums Add(WarpGroupSums a, WarpGroupSums b) => new()
    {
        C0 = MatrixTile16.Add(a.C0, b.C0),
        C1 = MatrixTile16.Add(a.C1, b.C1),
        C2 = MatrixTile16.Add(a.C2, b.C2),
        C3 = MatrixTile16.Add(a.C3, b.C3),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(int first) => WarpGroup * 64 == first;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ArrayView<Floats2> to, WarpGroupSums sums)
    {
        var (lane, warp) = (Group.IdxX & 31, (Group.IdxX >> 5) & 3);
        var at = ((((warp * 16) + (lane >> 2)) * MatrixStage.OutStride) + ((lane & 3) * 2)) >> 1;
        MatrixStage.Store(to, at, sums.C0);
        MatrixStage.Store(to, at + 16, sums.C1);
        MatrixStage.Store(to, at + 32, sums.C2);
        MatrixStage.Store(to, at + 48, sums.C3);
    }
}
