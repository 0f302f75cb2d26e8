using ILGPU;

namespace Blip.Kernels;

/// <summary>Reads stored weights, in operations that every accelerator has (some lack half precision).</summary>
/// <typeparam name="TStored">The stored type: a float, 16 bits, or 8.</typeparam>
internal unsafe interface IWeightDType<TStored>
    where TStored : unmanaged
{
    /// <summary>The weight's value, exactly; of <see cref="DType.Int8"/> without its scale.</summary>
    static abstract float Decode(TStored stored);

    /// <summary>Elements of a panel of 64 outputs.</summary>
    static abstract int PanelLength(int inFeatures);

    /// <summary>Where weight <paramref name="k"/> of an output lies in its panel.</summary>
    static abstract int Place(int k, int output);

    /// <summary>Decodes weight <paramref name="k"/> of <paramref name="count"/> neighbouring outputs of a panel; see <see cref="Lanes"/>.</summary>
    static abstract void LoadLanes(ArrayView<TStored> panel, int k, int output, ArrayView<float> lanes, int count);

    /// <summary>On a processor: decodes the weights <paramref name="k"/> and following of a whole panel.</summary>
    /// <param name="panel">The panel.</param>
    /// <param name="k">The first of them.</param>
    /// <param name="depth">How many there are of each output.</param>
    /// <param name="wide">[depth, 64].</param>
    static abstract void Widen<TVector>(TStored* panel, int k, int depth, float* wide)
        where TVector : unmanaged, IVector<TVector>;
}

/// <summary>Formats whose neighbours in memory are neighbouring outputs, <c>[in, 64]</c>, so that the CPU variant can load vectors of them.</summary>
/// <typeparam name="TStored">The stored type.</typeparam>
internal unsafe interface IVectorFormat<TStored> : IWeightDType<TStored>
    where TStored : unmanaged
{
    /// <summary>A value as it is stored: rounded to nearest, halves to even.</summary>
    static abstract TStored Encode(float value);

    /// <summary>The values of a vector of neighbouring weights.</summary>
    static abstract TVector Load<TVector>(TStored* source)
        where TVector : unmanaged, IVector<TVector>;
}
