using ILGPU.IR.Intrinsics;

namespace Blip.Kernels.Ptx;

/// <summary>
/// Instructions of NVIDIA GPUs that C# lacks (PTX ISA, "Warp Level Matrix Instructions" and "Data Movement"); the code of each on
/// an architecture is <see cref="TensorCorePtx"/>. Kernels that call them run on CUDA alone. All 32 threads of a warp call the matrix
/// instructions together. In the layouts below a thread is <c>4 · group + member</c>; a register of two values holds the first in its low half.
/// </summary>
internal static class TensorCore
{
    /// <summary>
    /// C + A · B for A [16, 16], B [16, 8], C [16, 8] in half precision with sums in single. A's registers: rows group and group + 8 at
    /// k = 2 · member and its neighbour, then the same at k + 8. B's: k = 2 · member and its neighbour, then k + 8, of column group. C's: columns
    /// 2 · member and its neighbour of row group, then of row group + 8. sm_75 takes two steps of 8 k, in this order.
    /// </summary>
    [IntrinsicImplementation]
    public static Floats4 MultiplyAddFloat16(Bits4 a, Bits2 b, Floats4 c) => throw Elsewhere();

    /// <summary>The same in bfloat16; sm_80 and later.</summary>
    [IntrinsicImplementation]
    public static Floats4 MultiplyAddBFloat16(Bits4 a, Bits2 b, Floats4 c) => throw Elsewhere();

    /// <summary>
    /// C + A · B for A [16, 8], B [8, 8], C [16, 8] in TF32, which reads the upper 19 bits of each single; sm_80 and later. A's registers: rows group
    /// and group + 8 at k = member, then the same at k + 4. B's: k = member and k + 4 of column group.
    /// </summary>
    [IntrinsicImplementation]
    public static Floats4 MultiplyAddTf32(Bits4 a, Bits2 b, Floats4 c) => throw Elsewhere();

    /// <summary>
    /// C + A · B for A [64, 32], B [32, 128], C [64, 128] in half precision with sums in single, by the four warps of a warpgroup together; sm_90a. Both
    /// factors lie in shared memory, as their descriptors say: rows of A are 32 k, rows of B are 64 columns. A thread's registers are those of 16
    /// results of <see cref="MultiplyAddFloat16"/> side by side, warp w's for rows 16 · w and on. It ends when the sums are there.
    /// </summary>
    [IntrinsicImplementation]
    public static WarpGroupSums MultiplyAddGroupFloat16(ulong a, ulong b, WarpGroupSums c) => throw Elsewhere();

    /// <summary>The same in bfloat16.</summary>
    [IntrinsicImplementation]
    public static WarpGroupSums MultiplyAddGroupBFloat16(ulong a, ulong b, WarpGroupSums c) => throw Elsewhere();

    /// <summary>Shows what the thread wrote to shared memory to instructions that read there by themselves; a barrier must follow.</summary>
    [IntrinsicImplementation]
    public static void PublishShared() => throw Elsewhere();

    /// <summary>
    /// Four matrices [8, 8] of 16 bits from shared memory. Thread t gives the address of row t % 8 of matrix t / 8 (16 bytes, aligned), and gets of
    /// each matrix the values 2 · member and its neighbour of row group.
    /// </summary>
    [IntrinsicImplementation]
    public static Bits4 LoadMatrices(uint address) => throw Elsewhere();

    /// <summary>The same, each matrix transposed: of row 2 · member and of the next one the value of column group.</summary>
    [IntrinsicImplementation]
    public static Bits4 LoadTransposed(uint address) => throw Elsewhere();

    /// <summary>Where an element of shared memory lies, in bytes, for the instructions that want it so.</summary>
    [IntrinsicImplementation]
    public static uint AddressOf(ref Bits4 shared) => throw Elsewhere();

    /// <summary>
    /// 16 bytes by one load, from a multiple of 16: ILGPU makes four of it where it does not see that. Zeros, and no access, where
    /// <paramref name="left"/> is not positive: without a branch, so that neighbouring loads wait together.
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
    /// Copies 16 bytes from global to shared memory behind the thread's back: the first <paramref name="bytes"/> of them, 16 or 0, and zeros
    /// after these. They are there after <see cref="WaitForCopies0"/> and its kin; other threads see them after a barrier. sm_75 copies at once.
    /// </summary>
    [IntrinsicImplementation]
    public static void CopyAsync(uint shared, ref Bits4 source, int bytes) => throw Elsewhere();

    /// <summary>Makes a group of the thread's copies since the last group.</summary>
    [IntrinsicImplementation]
    public static void CommitCopies() => throw Elsewhere();

    /// <summary>Waits for all of the thread's groups.</summary>
    [IntrinsicImplementation]
    public static void WaitForCopies0() => throw Elsewhere();

    /// <summary>Waits for all of the thread's groups but the latest one.</summary>
    [IntrinsicImplementation]
    public static void WaitForCopies1() => throw Elsewhere();

    /// <summary>Waits for all of the thread's groups but the latest four.</summary>
    [IntrinsicImplementation]
    public static void WaitForCopies4() => throw Elsewhere();

    /// <summary>Both values in half precision, rounded to nearest.</summary>
    [IntrinsicImplementation]
    public static uint PackFloat16(float low, float high) => throw Elsewhere();

    /// <summary>Both values in bfloat16, rounded to nearest; sm_80 and later.</summary>
    [IntrinsicImplementation]
    public static uint PackBFloat16(float low, float high) => throw Elsewhere();

    /// <summary>A single rounded to TF32, halves away from zero; sm_80 and later.</summary>
    [IntrinsicImplementation]
    public static uint RoundTf32(float value) => throw Elsewhere();

    /// <summary>The low halves of two registers, side by side.</summary>
    [IntrinsicImplementation]
    public static uint LowHalves(uint low, uint high) => throw Elsewhere();

    /// <summary>The high halves of two registers, side by side.</summary>
    [IntrinsicImplementation]
    public static uint HighHalves(uint low, uint high) => throw Elsewhere();

    /// <summary>The signed bytes in the low half, as values in half precision.</summary>
    [IntrinsicImplementation]
    public static uint LowBytesToFloat16(uint bytes) => throw Elsewhere();

    /// <summary>The signed bytes in the high half, as values in half precision.</summary>
    [IntrinsicImplementation]
    public static uint HighBytesToFloat16(uint bytes) => throw Elsewhere();

    /// <summary>2 to the power of x, off by 2⁻²² of itself at most.</summary>
    [IntrinsicImplementation]
    public static float Exp2(float x) => throw Elsewhere();

    private static NotSupportedException Elsewhere() => new("This kernel runs on CUDA alone.");
}
