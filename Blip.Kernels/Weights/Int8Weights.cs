using System.Runtime.CompilerServices;
using ILGPU;

namespace Blip.Kernels;

/// <summary><c>[in / 2, 64, 2]</c>: processors multiply two 16-bit neighbours and add them in one instruction.</summary>
internal readonly unsafe struct Int8Weights : IWeightDType<sbyte>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Decode(sbyte stored) => stored;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int PanelLength(int inFeatures) => (inFeatures + (inFeatures & 1)) * WeightPanel.Width;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Place(int k, int output) => ((k >> 1) * 2 * WeightPanel.Width) + (2 * output) + (k & 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadLanes(ArrayView<sbyte> panel, int k, int output, ArrayView<float> lanes, int count) =>
        Lanes.LoadInt8(panel, Place(k & ~1, output), k & 1, lanes, count);

    public static void Widen<TVector>(sbyte* panel, int k, int depth, float* wide)
        where TVector : unmanaged, IVector<TVector>
    {
        for (var i = k; i < k + depth; i++)
        {
            for (var output = 0; output < WeightPanel.Width; output++)
                *wide++ = panel[Place(i, output)];
        }
    }
}
