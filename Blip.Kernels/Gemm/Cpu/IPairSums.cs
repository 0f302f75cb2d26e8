using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Blip.Kernels;

/// <summary>Where <see cref="GemmTilesInt8{TPairs, TSums}"/> adds its whole numbers to: 4 bytes a sum.</summary>
internal unsafe interface IPairSums
{
    /// <summary>to += sums.</summary>
    static abstract void Add<TPairs>(TPairs sums, float* to)
        where TPairs : unmanaged, IPairs<TPairs>;

    /// <summary>Turns finished sums into floats, in place; <paramref name="count"/> is a multiple of 64.</summary>
    static abstract void Finish(float* sums, int count);
}

/// <summary>Floats: for products of more bits than whole numbers of 32 bits can add up.</summary>
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

/// <summary>Whole numbers of 32 bits: exact, and rounded to a float once, at the end.</summary>
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
