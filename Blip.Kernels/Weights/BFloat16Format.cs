using System.Runtime.CompilerServices;
using Blip.Kernels.Ptx;
using ILGPU;

namespace Blip.Kernels;

/// <summary>On tensor cores from sm_80 on.</summary>
internal readonly unsafe struct BFloat16Format : IFormat16
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Decode(ushort stored) => SixteenBits.FromBFloat16(stored);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Encode(float value) => SixteenBits.ToBFloat16(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadLanes(ArrayView<ushort> from, int index, ArrayView<float> lanes, int count) =>
        Lanes.LoadBFloat16(from, index, lanes, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TVector>(ushort* source)
        where TVector : unmanaged, IVector<TVector> => TVector.LoadBFloat16(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Pack(float low, float high) => TensorCore.PackBFloat16(low, high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 MultiplyAdd(Bits4 a, Bits2 b, Floats4 c) => TensorCore.MultiplyAddBFloat16(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WarpGroupSums MultiplyAdd(ulong a, ulong b, WarpGroupSums c) => TensorCore.MultiplyAddGroupBFloat16(a, b, c);
}
