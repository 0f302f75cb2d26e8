using ILGPU;
using ILGPU.IR.Intrinsics;

namespace Blip.Kernels;

/// <summary>
/// Neighbouring values in a work-item's private memory (<see cref="LocalMemory"/>). On OpenCL each
/// operation becomes statements on vectors of 16 (<see cref="LanesOpenCl"/>), which a processor's compiler keeps in registers.
/// From scalar loops that compiler makes half as many vectors at best, and fuses nothing. Elsewhere the loops remain.
/// </summary>
/// <remarks>
/// <c>count</c> is a multiple of 16, known at compile time. Positions in private memory should be, too.
/// </remarks>
internal static class Lanes
{
    /// <summary>lanes[at + i] = 0.</summary>
    [IntrinsicImplementation]
    public static void Clear(ArrayView<float> lanes, int at, int count) => LanesPortable.Clear(lanes, at, count);

    /// <summary>lanes[i] = from[index + i].</summary>
    [IntrinsicImplementation]
    public static void Load(ArrayView<float> from, int index, ArrayView<float> lanes, int count) =>
        LanesPortable.Load(from, index, lanes, count);

    /// <summary>From <see cref="DType.Float16"/>.</summary>
    [IntrinsicImplementation]
    public static void LoadFloat16(ArrayView<ushort> from, int index, ArrayView<float> lanes, int count) =>
        LanesPortable.LoadFloat16(from, index, lanes, count);

    /// <summary>From <see cref="DType.BFloat16"/>.</summary>
    [IntrinsicImplementation]
    public static void LoadBFloat16(ArrayView<ushort> from, int index, ArrayView<float> lanes, int count) =>
        LanesPortable.LoadBFloat16(from, index, lanes, count);

    /// <summary>lanes[i] = from[index + 2 · i + odd]; index is even, odd is 0 or 1.</summary>
    [IntrinsicImplementation]
    public static void LoadInt8(ArrayView<sbyte> from, int index, int odd, ArrayView<float> lanes, int count) =>
        LanesPortable.LoadInt8(from, index, odd, lanes, count);

    /// <summary>sums[at + i] = x · lanes[i] + sums[at + i], rounded once.</summary>
    [IntrinsicImplementation]
    public static void MultiplyAdd(float x, ArrayView<float> lanes, ArrayView<float> sums, int at, int count) =>
        LanesPortable.MultiplyAdd(x, lanes, sums, at, count);

    /// <summary>to[index + i] += lanes[at + i].</summary>
    [IntrinsicImplementation]
    public static void AddTo(ArrayView<float> to, int index, ArrayView<float> lanes, int at, int count) =>
        LanesPortable.AddTo(to, index, lanes, at, count);
}
