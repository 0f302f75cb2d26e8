using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Blip.Kernels;

/// <summary>4 pairs, or sums.</summary>
/// <param name="value">Pairs as 32 bits, the first one low; or sums.</param>
internal readonly unsafe struct Pairs128(Vector128<int> value) : IPairs<Pairs128>
{
    private readonly Vector128<int> value = value;

    public static int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector128<int>.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pairs128 operator +(Pairs128 a, Pairs128 b) => new(a.value + b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pairs128 operator *(Pairs128 a, Pairs128 b) => new(Products(a.value, b.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pairs128 Widen(sbyte* source) => new(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)source).AsSByte()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pairs128 Repeat(short* pair) => new(Vector128.Create(*(int*)pair));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo(Pairs128 sums, float* to) => (Vector128.Load(to) + Vector128.ConvertToSingle(sums.value)).Store(to);

    /// <summary>What every processor can compute: the halves of each pair by shifts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<int> ProductsByShifts(Vector128<int> a, Vector128<int> b) =>
        (((a << 16) >> 16) * ((b << 16) >> 16)) + ((a >> 16) * (b >> 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Products(Vector128<int> a, Vector128<int> b)
    {
        if (Sse2.IsSupported)
            return Sse2.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16());
        if (AdvSimd.Arm64.IsSupported)
            return AdvSimd.Arm64.AddPairwise(
                AdvSimd.MultiplyWideningLower(a.AsInt16().GetLower(), b.AsInt16().GetLower()), AdvSimd.MultiplyWideningUpper(a.AsInt16(), b.AsInt16()));
        return ProductsByShifts(a, b);
    }
}
