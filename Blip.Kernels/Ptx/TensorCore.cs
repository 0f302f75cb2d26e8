using ILGPU.IR.Intrinsics;

namespace Blip.Kernels.Ptx;

/// <summary>
/// Instructions of NVIDIA GPUs that C# lacks (PTX ISA, "Warp Level Matrix Instructions" and "Data Movement"), emitted by
/// <see cref="TensorCorePtx"/>. Their kernels run only on CUDA. All 32 threads of a warp must call matrix instructions together. In the
/// layouts below, a thread is <c>4 · group + member</c>. Registers of two values hold the first in the low half.
/// </summary>
internal static class TensorCore
{
    /// <summary>
    /// C + A · B for A [16, 16], B [16, 8], C [16, 8] in half precision with single sums. A's registers: rows group and group + 8 at k = 2
    /// · member and its neighbour, then the same at k + 8. B's: k = 2 · member and its neighbour, then k + 8, of column group. C's: columns
    /// 2 · member and its neighbour of row group, then of row group + 8. sm_75 takes two steps of 8 k, in this order.
    /// </summary>
    [IntrinsicImplementation]
    public static Floats4 MultiplyAddFloat16(Bits4 a, Bits2 b, Floats4 c) => throw Elsewhere();

    /// <summary>The same in bfloat16; sm_80 and later.</summary>
    [IntrinsicImplementation]
    public static Floats4 MultiplyAddBFloat16(Bits4 a, Bits2 b, Floats4 c) => throw Elsewhere();

    /// <summary>
    /// C + A · B for A [16, 8], B [8, 8], C [16, 8] in TF32, which reads each single's upper 19 bits; sm_80 and later. A's registers: rows
    /// group and group + 8 at k = member, then the same at k + 4. B's: k = member and k + 4 of column group.
    /// </summary>
    [IntrinsicImplementation]
    public static Floats4 MultiplyAddTf32(Bits4 a, Bits2 b, Floats4 c) => throw Elsewhere();

    /// <summary>
    /// C + A · B for A [64, 32], B [32, 128], C [64, 128] in half precision with single sums, by a warpgroup's four warps; sm_90a.
    /// Descriptors point to both factors in shared memory: rows of A are 32 k, rows of B are 64 columns. A thread's registers are those of
    /// 16 adjacent <see cref="MultiplyAddFloat16"/>, warp w's from row 16 · w on. It returns when the sums are complete.
    /// </summary>
    [IntrinsicImplementation]
    public static WarpGroupSums MultiplyAddGroupFloat16(ulong a, ulong b, WarpGroupSums c) => throw Elsewhere();

    /// <summary>The same in bfloat16.</summary>
    [IntrinsicImplementation]
    public static WarpGroupSums MultiplyAddGroupBFloat16(ulong a, ulong b, WarpGroupSums c) => throw Elsewhere();

    /// <summary>Makes the thread's writes to shared memory visible to asynchronous instructions; a barrier must follow.</summary>
    [IntrinsicImplementation]
    public static void PublishShared() => throw Elsewhere();

    /// <summary>
    /// Four matrices [8, 8] of 16 bits from shared memory. Thread t gives the address of row t % 8 of matrix t / 8 (16 bytes, aligned). It
    /// gets each matrix's values 2 · member and its neighbour of row group.
    /// </summary>
    [IntrinsicImplementation]
    public static Bits4 LoadMatrices(uint address) => throw Elsewhere();

    /// <summary>The same, each matrix transposed: from rows 2 · member and the next, the value of column group.</summary>
    [IntrinsicImplementation]
    public static Bits4 LoadTransposed(uint address) => throw Elsewhere();

    /// <summary>The byte address of an element in shared memory.</summary>
    [IntrinsicImplementation]
    public static uint AddressOf(ref Bits4 shared) => throw Elsewhere();

    /// <summary>
    /// One load of 16 bytes from a multiple of 16; ILGPU emits four if it cannot see the alignment. If <paramref name="left"/> is not
    /// positive, zeros without access or branch, so that neighbouring loads wait together.
    /// </summary>
    [IntrinsicImplementation]
    public static Floats4 Load(ref Floats4 from, int left) => throw Elsewhere();

    /// <inheritdoc cref="Load(ref Floats4, int)"/>
    [IntrinsicImplementation]
    public static Bits4 Load(ref Bits4 from, int left) => throw Elsewhere();

    /// <summary>The same for 8 bytes, from a multiple of 8.</summary>
    [IntrinsicImplementation]
    public static Floats2 Load(ref Floats2 from, int left) => throw Elsewhere();

    /// <inheritdoc cref="Load(ref Floats2, int)"/>
    [IntrinsicImplementation]
    public static Bits2 Load(ref Bits2 from, int left) => throw Elsewhere();

    /// <summary>The same for one float.</summary>
    [IntrinsicImplementation]
    public static float Load(ref float from, int left) => throw Elsewhere();

    /// <summary>The same for two values of 16 bits.</summary>
    [IntrinsicImplementation]
    public static uint Load(ref uint from, int left) => throw Elsewhere();

    /// <summary>
    /// Starts a copy of 16 bytes from global to shared memory: the first <paramref name="bytes"/>, 16 or 0, then zeros. They arrive by
    /// <see cref="WaitForCopies0"/> and its variants; other threads see them after a barrier. sm_75 copies at once.
    /// </summary>
    [IntrinsicImplementation]
    public static void CopyAsync(uint shared, ref Bits4 source, int bytes) => throw Elsewhere();

    /// <summary>Groups the thread's copies since the last group.</summary>
    [IntrinsicImplementation]
    public static void CommitCopies() => throw Elsewhere();

    /// <summary>Waits for all of the thread's groups.</summary>
    [IntrinsicImplementation]
    public static void WaitForCopies0() => throw Elsewhere();

    /// <summary>Waits for all but the latest group.</summary>
    [IntrinsicImplementation]
    public static void WaitForCopies1() => throw Elsewhere();

    /// <summary>Waits for all but the latest four groups.</summary>
    [IntrinsicImplementation]
    public static void WaitForCopies4() => throw Elsewhere();

    /// <summary>Rounds both to half precision, to nearest.</summary>
    [IntrinsicImplementation]
    public static uint PackFloat16(float low, float high) => throw Elsewhere();

    /// <summary>Rounds both to bfloat16, to nearest; sm_80 and later.</summary>
    [IntrinsicImplementation]
    public static uint PackBFloat16(float low, float high) => throw Elsewhere();

    /// <summary>Rounds to TF32, ties away from zero; sm_80 and later.</summary>
    [IntrinsicImplementation]
    public static uint RoundTf32(float value) => throw Elsewhere();

    [IntrinsicImplementation]
    public static uint LowHalves(uint low, uint high) => throw Elsewhere();

    [IntrinsicImplementation]
    public static uint HighHalves(uint low, uint high) => throw Elsewhere();

    /// <summary>The low half's signed bytes in half precision.</summary>
    [IntrinsicImplementation]
    public static uint LowBytesToFloat16(uint bytes) => throw Elsewhere();

    /// <summary>The high half's signed bytes in half precision.</summary>
    [IntrinsicImplementation]
    public static uint HighBytesToFloat16(uint bytes) => throw Elsewhere();

    /// <summary>2 to the power of x, with a relative error of at most 2⁻²².</summary>
    [IntrinsicImplementation]
    public static float Exp2(float x) => throw Elsewhere();

    private static NotSupportedException Elsewhere() => new("This kernel runs on CUDA alone.");
}
