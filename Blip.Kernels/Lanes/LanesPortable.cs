using ILGPU;

namespace Blip.Kernels;

/// <summary>The loops behind <see cref="Lanes"/>.</summary>
internal static class LanesPortable
{
    public static void Clear(ArrayView<float> lanes, int at, int count)
    {
        for (var i = 0; i < count; i++)
            lanes[at + i] = 0f;
    }

    public static void Load(ArrayView<float> from, int index, ArrayView<float> lanes, int count)
    {
        for (var i = 0; i < count; i++)
            lanes[i] = from[index + i];
    }

    public static void LoadFloat16(ArrayView<ushort> from, int index, ArrayView<float> lanes, int count)
    {
        for (var i = 0; i < count; i++)
            lanes[i] = SixteenBits.FromFloat16(from[index + i]);
    }

    public static void LoadBFloat16(ArrayView<ushort> from, int index, ArrayView<float> lanes, int count)
    {
        for (var i = 0; i < count; i++)
            lanes[i] = SixteenBits.FromBFloat16(from[index + i]);
    }

    public static void LoadInt8(ArrayView<sbyte> from, int index, int odd, ArrayView<float> lanes, int count)
    {
        for (var i = 0; i < count; i++)
            lanes[i] = from[index + (2 * i) + odd];
    }

    public static void MultiplyAdd(float x, ArrayView<float> lanes, ArrayView<float> sums, int at, int count)
    {
        for (var i = 0; i < count; i++)
            sums[at + i] = Fused.MultiplyAdd(x, lanes[i], sums[at + i]);
    }

    public static void AddTo(ArrayView<float> to, int index, ArrayView<float> lanes, int at, int count)
    {
        for (var i = 0; i < count; i++)
            to[index + i] += lanes[at + i];
    }
}
