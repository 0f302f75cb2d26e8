using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// Operations of a 16-bit format. <see cref="Weights16{TFormat}"/> defines its panels,
/// <see cref="Matrix16{TFormat}"/> how tensor cores read them.
/// </summary>
internal unsafe interface IFormat16 : IMatrixPrecision
{
    /// <summary>Exact.</summary>
    static abstract float Decode(ushort stored);

    /// <summary>Nearest, halves to even; larger values become infinite.</summary>
    static abstract ushort Encode(float value);

    /// <summary>Decodes <paramref name="count"/> neighbours; see <see cref="Lanes"/>.</summary>
    static abstract void LoadLanes(ArrayView<ushort> from, int index, ArrayView<float> lanes, int count);

    static abstract TVector Load<TVector>(ushort* source)
        where TVector : unmanaged, IVector<TVector>;
}
