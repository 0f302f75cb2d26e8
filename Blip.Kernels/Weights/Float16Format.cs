using System.Runtime.CompilerServices;
using Blip.Kernels.Ptx;
using ILGPU;

namespace Blip.Kernels;

/// <summary><see cref="DType.Float16"/>.</summary>
internal readonly unsafe struct Float16Format : IFormat16
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Decode(ushort stored) => SixteenBits.FromFloat16(stored);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Encode(float value) => SixteenBits.ToFloat16(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadLanes(ArrayView<ushort> from, int index, ArrayView<float> lanes, int count) =>
        Lanes.LoadFloat16(from, index, lanes, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TVector>(ushort* source)
        where TVector : unmanaged, IVector<TVector> => TVector.LoadFloat16(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Pack(float low, float high) => TensorCore.PackFloat16(low, high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 MultiplyAdd(Bits4 a, Bits2 b, Floats4 c) => TensorCore.MultiplyAddFloat16(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WarpGroupSums MultiplyAdd(ulong a, ulong b, WarpGroupSums c) => TensorCore.MultiplyAddGroupFloat16(a, b, c);
}
