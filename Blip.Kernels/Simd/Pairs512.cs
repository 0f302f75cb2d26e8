using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Blip.Kernels;

/// <summary>16 pairs, or sums.</summary>
/// <param name="value">Pairs as 32 bits, the first one low; or sums.</param>
internal readonly unsafe struct Pairs512(Vector512<int> value) : IPairs<Pairs512>
{
    private readonly Vector512<int> value = value;

    public static int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512<int>.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pairs512 operator +(Pairs512 a, Pairs512 b) => new(a.value + b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pairs512 operator *(Pairs512 a, Pairs512 b) => new(Products(a.value, b.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pairs512 Widen(sbyte* source)
    {
        var bytes = Vector256.Load(source);
        return new((Avx512BW.IsSupported ? Avx512BW.ConvertToVector512Int16(bytes) : Vector512.Create(Vector256.WidenLower(bytes), Vector256.WidenUpper(bytes))).AsInt32());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pairs512 Repeat(short* pair) => new(Vector512.Create(*(int*)pair));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo(Pairs512 sums, float* to) => (Vector512.Load(to) + Vector512.ConvertToSingle(sums.value)).Store(to);

    /// <summary>What every processor can compute: the halves of each pair by shifts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<int> ProductsByShifts(Vector512<int> a, Vector512<int> b) =>
        (((a << 16) >> 16) * ((b << 16) >> 16)) + ((a >> 16) * (b >> 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Products(Vector512<int> a, Vector512<int> b)
    {
        if (Avx512BW.IsSupported)
            return Avx512BW.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16());
        return ProductsByShifts(a, b);
    }
}
