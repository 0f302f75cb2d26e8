using System.Runtime.InteropServices;
using Blip.Kernels;
using Blip.Runtime.Checkpoints;

namespace Blip.Tests.Checkpoints;

public class TensorConversionTests
{
    [Fact]
    public void Every_float16_becomes_the_float32_of_its_value()
    {
        var halves = Enumerable.Range(0, 1 << 16).Select(bits => BitConverter.UInt16BitsToHalf((ushort)bits)).ToArray();
        AssertSameBits(halves.Select(half => (float)half), Convert(DType.Float16, halves));
    }

    [Fact]
    public void Every_bfloat16_becomes_the_float32_of_its_value()
    {
        var values = Enumerable.Range(0, 1 << 16).Select(bits => (ushort)bits).ToArray();
        AssertSameBits(values.Select(bits => BitConverter.UInt32BitsToSingle((uint)bits << 16)), Convert(DType.BFloat16, values));
    }

    [Fact]
    public void A_float64_is_rounded_to_the_nearest_float32()
    {
        double[] values = [.. Enumerable.Range(0, 999).Select(i => Math.Sin(i) * Math.Pow(10, i % 80 - 40)), 1 + Math.Pow(2, -24), 1 + 3 * Math.Pow(2, -24), 1e-46, 1e39, double.NegativeInfinity, double.NaN, -0.0];
        AssertSameBits(values.Select(value => (float)value), Convert(DType.Float64, values));
    }

    [Fact]
    public void Whole_numbers_keep_their_value()
    {
        Assert.Equal([-1, 1L << 40], Convert(DType.Int64, [-1, 1L << 40]));
        Assert.Equal([1.8446744e19f], Convert(DType.UInt64, [ulong.MaxValue]));
        Assert.Equal([-2, 3], Convert(DType.Int32, [-2, 3]));
        Assert.Equal([4294967296f], Convert(DType.UInt32, [uint.MaxValue]));
        Assert.Equal([-32768, 7], Convert<short>(DType.Int16, [short.MinValue, 7]));
        Assert.Equal([65535], Convert(DType.UInt16, [ushort.MaxValue]));
        Assert.Equal([-128, 127], Convert(DType.Int8, [sbyte.MinValue, sbyte.MaxValue]));
        Assert.Equal([255, 0], Convert<byte>(DType.UInt8, [255, 0]));
        Assert.Equal([1, 0, 1], Convert<byte>(DType.Bool, [1, 0, 2]));
    }

    private static float[] Convert<T>(DType type, T[] values)
        where T : unmanaged
    {
        // A file's data begin anywhere.
        byte[] bytes = [0, .. MemoryMarshal.AsBytes<T>(values)];
        var result = new float[values.Length];
        TensorConversion.ToFloat32(type, bytes.AsSpan(1), result);
        return result;
    }

    private static void AssertSameBits(IEnumerable<float> expected, float[] actual)
    {
        Assert.Equal(expected.Select(Bits), actual.Select(Bits));

        // The payload of a NaN is nobody's business.
        static uint Bits(float value) => float.IsNaN(value) ? uint.MaxValue : BitConverter.SingleToUInt32Bits(value);
    }
}
