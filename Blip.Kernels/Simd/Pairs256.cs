using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Blip.Kernels;

/// <summary>8 pairs, or sums.</summary>
/// <param name="value">Pairs as 32 bits, the first one low; or sums.</param>
internal readonly unsafe struct Pairs256(Vector256<int> value) : IPairs<Pairs256>
{
    private readonly Vector256<int> value = value;

    public static int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector256<int>.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pairs256 operator +(Pairs256 a, Pairs256 b) => new(a.value + b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pairs256 operator *(Pairs256 a, Pairs256 b) => new(Products(a.value, b.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pairs256 Widen(sbyte* source)
    {
        var bytes = Vector128.Load(source);
        return new((Avx2.IsSupported ? Avx2.ConvertToVector256Int16(bytes) : Vector256.Create(Vector128.WidenLower(bytes), Vector128.WidenUpper(bytes))).AsInt32());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pairs256 Repeat(short* pair) => new(Vector256.Create(*(int*)pair));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo(Pairs256 sums, float* to) => (Vector256.Load(to) + Vector256.ConvertToSingle(sums.value)).Store(to);

    /// <summary>What every processor can compute: the halves of each pair by shifts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<int> ProductsByShifts(Vector256<int> a, Vector256<int> b) =>
        (((a << 16) >> 16) * ((b << 16) >> 16)) + ((a >> 16) * (b >> 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Products(Vector256<int> a, Vector256<int> b)
    {
        if (Avx2.IsSupported)
            return Avx2.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16());
        return ProductsByShifts(a, b);
    }
}
