using System.Runtime.CompilerServices;
using ILGPU;

namespace Blip.Kernels;

/// <summary><see cref="DType.Float32"/>.</summary>
internal readonly unsafe struct Float32Weights : IVectorFormat<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Decode(float stored) => stored;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Encode(float value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int PanelLength(int inFeatures) => inFeatures * WeightPanel.Width;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Place(int k, int output) => (k * WeightPanel.Width) + output;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadLanes(ArrayView<float> panel, int k, int output, ArrayView<float> lanes, int count) =>
        Lanes.Load(panel, Place(k, output), lanes, count);

    public static void Widen<TVector>(float* panel, int k, int depth, float* wide)
        where TVector : unmanaged, IVector<TVector> =>
        new ReadOnlySpan<float>(panel + Place(k, 0), depth * WeightPanel.Width).CopyTo(new Span<float>(wide, depth * WeightPanel.Width));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TVector>(float* source)
        where TVector : unmanaged, IVector<TVector> => TVector.Load(source);
}
