using System.Diagnostics;
using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>Code that is generic over the vectors of a processor; <see cref="VectorTypes.Use"/> gives it their types.</summary>
internal interface IVectorUse
{
    /// <summary>Runs with the types of one width.</summary>
    /// <typeparam name="TVector">The vector of floats.</typeparam>
    /// <typeparam name="TSixteen">The same vectors as 16 lanes, which give the same sums at every width.</typeparam>
    /// <typeparam name="TPairs">The vector of pairs of 16-bit integers.</typeparam>
    void With<TVector, TSixteen, TPairs>()
        where TVector : unmanaged, IVector<TVector>
        where TSixteen : unmanaged, IVector<TSixteen>
        where TPairs : unmanaged, IPairs<TPairs>;
}

/// <summary>The types of each width of vectors.</summary>
internal static class VectorTypes
{
    /// <summary>Calls <paramref name="use"/> with the types of a width.</summary>
    /// <exception cref="UnreachableException">The width is not resolved, or has no types here.</exception>
    public static void Use<TUse>(CpuVectors vectors, TUse use)
        where TUse : struct, IVectorUse
    {
        switch (vectors)
        {
            case CpuVectors.Avx512 or CpuVectors.Avx512Vnni or CpuVectors.Amx: use.With<Floats512, Floats512, Pairs512>(); break;
            case CpuVectors.Avx2 or CpuVectors.AvxVnni: use.With<Floats256, Paired<Floats256>, Pairs256>(); break;
            case CpuVectors.Vector128: use.With<Floats128, Paired<Paired<Floats128>>, Pairs128>(); break;
            default: throw new UnreachableException($"There are no vectors for {vectors}.");
        }
    }
}
