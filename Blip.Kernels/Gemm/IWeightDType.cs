using System.Runtime.CompilerServices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Reads stored weights, in operations that every accelerator has (some lack half precision).</summary>
/// <typeparam name="TStored">What is stored: a float, 16 bits, or 8.</typeparam>
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
}

/// <summary>Formats whose neighbours in memory are neighbouring outputs, <c>[in, 64]</c>, so that the CPU variant can load vectors of them.</summary>
/// <typeparam name="TStored">What is stored.</typeparam>
internal unsafe interface IVectorFormat<TStored> : IWeightDType<TStored>
    where TStored : unmanaged
{
    /// <summary>The values of a vector of neighbouring weights.</summary>
    static abstract TVector Load<TVector>(TStored* source)
        where TVector : unmanaged, IVector<TVector>;
}

/// <summary><see cref="DType.Float32"/>.</summary>
internal readonly unsafe struct Float32Weights : IVectorFormat<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Decode(float stored) => stored;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int PanelLength(int inFeatures) => inFeatures * PackedWeights.PanelWidth;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Place(int k, int output) => (k * PackedWeights.PanelWidth) + output;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadLanes(ArrayView<float> panel, int k, int output, ArrayView<float> lanes, int count) =>
        Lanes.Load(panel, Place(k, output), lanes, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TVector>(float* source)
        where TVector : unmanaged, IVector<TVector> => TVector.Load(source);
}

/// <summary><see cref="DType.Float16"/>.</summary>
internal readonly unsafe struct Float16Weights : IVectorFormat<ushort>
{
    /// <summary>2¹¹²: the distance between the exponents' biases.</summary>
    public const float Rebias = 5.192296858534828e33f;

    /// <summary>What a half's infinity becomes by <see cref="Rebias"/>: from here on it is infinite or NaN.</summary>
    public const float Infinite = 65536f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Decode(ushort stored)
    {
        // The product is exact, and gives subnormal halves their value.
        var magnitude = Interop.IntAsFloat((uint)(stored & 0x7FFF) << 13) * Rebias;
        var bits = Interop.FloatAsInt(magnitude) | ((uint)(stored & 0x8000) << 16);
        return Interop.IntAsFloat(magnitude < Infinite ? bits : bits | 0x7F800000);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int PanelLength(int inFeatures) => inFeatures * PackedWeights.PanelWidth;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Place(int k, int output) => (k * PackedWeights.PanelWidth) + output;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadLanes(ArrayView<ushort> panel, int k, int output, ArrayView<float> lanes, int count) =>
        Lanes.LoadFloat16(panel, Place(k, output), lanes, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TVector>(ushort* source)
        where TVector : unmanaged, IVector<TVector> => TVector.LoadFloat16(source);
}

/// <summary><see cref="DType.BFloat16"/>.</summary>
internal readonly unsafe struct BFloat16Weights : IVectorFormat<ushort>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Decode(ushort stored) => Interop.IntAsFloat((uint)stored << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int PanelLength(int inFeatures) => inFeatures * PackedWeights.PanelWidth;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Place(int k, int output) => (k * PackedWeights.PanelWidth) + output;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadLanes(ArrayView<ushort> panel, int k, int output, ArrayView<float> lanes, int count) =>
        Lanes.LoadBFloat16(panel, Place(k, output), lanes, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TVector>(ushort* source)
        where TVector : unmanaged, IVector<TVector> => TVector.LoadBFloat16(source);
}

/// <summary>
/// <see cref="DType.Int8"/>: <c>[in / 2, 64, 2]</c>, since processors multiply two neighbours of 16 bits and add them in one instruction.
/// </summary>
internal readonly struct Int8Weights : IWeightDType<sbyte>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Decode(sbyte stored) => stored;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int PanelLength(int inFeatures) => (inFeatures + (inFeatures & 1)) * PackedWeights.PanelWidth;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Place(int k, int output) => ((k >> 1) * 2 * PackedWeights.PanelWidth) + (2 * output) + (k & 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadLanes(ArrayView<sbyte> panel, int k, int output, ArrayView<float> lanes, int count) =>
        Lanes.LoadInt8(panel, Place(k & ~1, output), k & 1, lanes, count);
}
