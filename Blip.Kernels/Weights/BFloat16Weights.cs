using System.Runtime.CompilerServices;
using ILGPU;

namespace Blip.Kernels;

/// <summary><see cref="DType.BFloat16"/>.</summary>
internal readonly unsafe struct BFloat16Weights : IVectorFormat<ushort>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Decode(ushort stored) => SixteenBits.FromBFloat16(stored);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int PanelLength(int inFeatures) => inFeatures * WeightPanel.Width;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Place(int k, int output) => (k * WeightPanel.Width) + output;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadLanes(ArrayView<ushort> panel, int k, int output, ArrayView<float> lanes, int count) =>
        Lanes.LoadBFloat16(panel, Place(k, output), lanes, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TVector>(ushort* source)
        where TVector : unmanaged, IVector<TVector> => TVector.LoadBFloat16(source);
}
