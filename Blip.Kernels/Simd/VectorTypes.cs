using System.Diagnostics;
using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>Code that is generic over vector types.</summary>
internal interface IVectorUse
{
    /// <summary>Runs with one width's types.</summary>
    /// <typeparam name="TVector">Vector of floats.</typeparam>
    /// <typeparam name="TSixteen">The same as 16 lanes: sums are equal at every width.</typeparam>
    /// <typeparam name="TPairs">Vector of pairs of 16-bit integers.</typeparam>
    void With<TVector, TSixteen, TPairs>()
        where TVector : unmanaged, IVector<TVector>
        where TSixteen : unmanaged, IVector<TSixteen>
        where TPairs : unmanaged, IPairs<TPairs>;
}

internal static class VectorTypes
{
    /// <summary>Calls <paramref name="use"/> with a width's types.</summary>
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
