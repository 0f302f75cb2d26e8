using System.Runtime.CompilerServices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>16-bit weights in panels <c>[in, 64]</c>.</summary>
internal readonly unsafe struct Weights16<TFormat> : IVectorFormat<ushort>
    where TFormat : struct, IFormat16
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Decode(ushort stored) => TFormat.Decode(stored);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Encode(float value) => TFormat.Encode(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int PanelLength(int inFeatures) => inFeatures * WeightPanel.Width;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Place(int k, int output) => (k * WeightPanel.Width) + output;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadLanes(ArrayView<ushort> panel, int k, int output, ArrayView<float> lanes, int count) =>
        TFormat.LoadLanes(panel, Place(k, output), lanes, count);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen<TVector>(ushort* panel, int k, int depth, float* wide)
        where TVector : unmanaged, IVector<TVector>
    {
        panel += Place(k, 0);
        for (var i = 0; i < depth * WeightPanel.Width; i += TVector.Count)
            TVector.Store(TFormat.Load<TVector>(panel + i), wide + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TVector>(ushort* source)
        where TVector : unmanaged, IVector<TVector> => TFormat.Load<TVector>(source);
}
