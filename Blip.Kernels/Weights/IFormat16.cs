using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// Everything that is particular to a format of 16 bits. <see cref="Weights16{TFormat}"/> says how its weights lie in panels,
/// <see cref="Matrix16{TFormat}"/> how tensor cores read them there.
/// </summary>
internal unsafe interface IFormat16 : IMatrixPrecision
{
    /// <summary>The value, exactly.</summary>
    static abstract float Decode(ushort stored);

    /// <summary>The nearest of the format, halves to even; larger values become infinite.</summary>
    static abstract ushort Encode(float value);

    /// <summary>The values of <paramref name="count"/> neighbours; see <see cref="Lanes"/>.</summary>
    static abstract void LoadLanes(ArrayView<ushort> from, int index, ArrayView<float> lanes, int count);

    /// <summary>The values of a vector of neighbours.</summary>
    static abstract TVector Load<TVector>(ushort* source)
        where TVector : unmanaged, IVector<TVector>;
}
