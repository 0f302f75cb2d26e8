using System.Runtime.CompilerServices;

namespace Blip.Kernels;

/// <summary>The end of a row that is no whole vector: computed as one, so that its bits are the same, and written in part.</summary>
internal static unsafe class VectorTail
{
    /// <summary>Writes the first <paramref name="count"/> lanes, or all where there are fewer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TVector>(TVector value, float* destination, long count)
        where TVector : unmanaged, IVector<TVector>
    {
        if (count >= TVector.Count)
            TVector.Store(value, destination);
        else
            Part(value, destination, (int)count);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Part<TVector>(TVector value, float* destination, int count)
        where TVector : unmanaged, IVector<TVector>
    {
        for (var i = 0; i < count; i++)
            destination[i] = ((float*)&value)[i];
    }
}
