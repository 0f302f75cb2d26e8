using System.Runtime.CompilerServices;

namespace Blip.Kernels;

/// <summary>A row's last partial vector, computed whole for the same bits and written in part.</summary>
internal static unsafe class VectorTail
{
    /// <summary>Writes the first <paramref name="count"/> lanes, or all.</summary>
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
