using ILGPU;

namespace Blip.Kernels;

/// <summary>Reads stored weights, in operations of every accelerator (some lack half precision).</summary>
internal unsafe interface IWeightDType<TStored>
    where TStored : unmanaged
{
    /// <summary>Exact; <see cref="DType.Int8"/> without its scale.</summary>
    static abstract float Decode(TStored stored);

    /// <summary>Elements of a panel of 64 outputs.</summary>
    static abstract int PanelLength(int inFeatures);

    /// <summary>Index of an output's weight <paramref name="k"/> in its panel.</summary>
    static abstract int Place(int k, int output);

    /// <summary>Decodes weight <paramref name="k"/> of <paramref name="count"/> neighbouring outputs; see <see cref="Lanes"/>.</summary>
    static abstract void LoadLanes(ArrayView<TStored> panel, int k, int output, ArrayView<float> lanes, int count);

    /// <summary>CPU: decodes a panel's weights from <paramref name="k"/> on into [depth, 64].</summary>
    static abstract void Widen<TVector>(TStored* panel, int k, int depth, float* wide)
        where TVector : unmanaged, IVector<TVector>;
}

/// <summary>Formats stored as <c>[in, 64]</c>: the CPU variant loads vectors of neighbouring outputs.</summary>
internal unsafe interface IVectorFormat<TStored> : IWeightDType<TStored>
    where TStored : unmanaged
{
    /// <summary>Rounds to nearest, halves to even.</summary>
    static abstract TStored Encode(float value);

    static abstract TVector Load<TVector>(TStored* source)
        where TVector : unmanaged, IVector<TVector>;
}
