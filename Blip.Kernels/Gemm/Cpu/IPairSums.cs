using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Blip.Kernels;

/// <summary>Accumulators of <see cref="GemmTilesInt8{TPairs, TSums}"/>, 4 bytes a sum.</summary>
internal unsafe interface IPairSums
{
    /// <summary>to += sums.</summary>
    static abstract void Add<TPairs>(TPairs sums, float* to)
        where TPairs : unmanaged, IPairs<TPairs>;

    /// <summary>Converts finished sums to floats in place; <paramref name="count"/> is a multiple of 64.</summary>
    static abstract void Finish(float* sums, int count);
}

/// <summary>Floats, for sums that could overflow 32-bit integers.</summary>
internal readonly unsafe struct FloatSums : IPairSums
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add<TPairs>(TPairs sums, float* to)
        where TPairs : unmanaged, IPairs<TPairs> => TPairs.AddTo(sums, to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(float* sums, int count)
    {
    }
}

/// <summary>Exact 32-bit integers, rounded to a float once, at the end.</summary>
internal readonly unsafe struct WholeSums : IPairSums
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add<TPairs>(TPairs sums, float* to)
        where TPairs : unmanaged, IPairs<TPairs> => TPairs.AddTo(sums, (int*)to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(float* sums, int count)
    {
        for (var i = 0; i < count; i += Vector256<float>.Count)
            Vector256.ConvertToSingle(Vector256.Load((int*)sums + i)).Store(sums + i);
    }
}
