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
        double[] values = [.. Enumerable.Range(0, 999).Select(i => Math.Sin(i) * Math.Pow(10, i % 80 - 40)), 1 + Math.Pow(2, -24),
            1 + 3 * Math.Pow(2, -24), 1e-46, 1e39, double.NegativeInfinity, double.NaN, -0.0];
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

    [Fact]
    public void Every_float8_of_either_kind_becomes_its_value()
    {
        var codes = Enumerable.Range(0, 256).Select(code => (byte)code).ToArray();
        AssertSameBits(codes.Select(code => Float8(code, exponentBits: 4, bias: 7)), Convert(DType.Float8E4M3, codes));
        AssertSameBits(codes.Select(code => Float8(code, exponentBits: 5, bias: 15)), Convert(DType.Float8E5M2, codes));
        Assert.Equal([448, 0.001953125f, -1], Convert<byte>(DType.Float8E4M3, [0x7E, 0x01, 0xB8]));
        Assert.Equal([57344, float.PositiveInfinity, -1], Convert<byte>(DType.Float8E5M2, [0x7B, 0x7C, 0xBC]));
    }

    // The formats' definition (Micikevicius et al. 2022, table 1), bit by bit.
    private static float Float8(byte code, int exponentBits, int bias)
    {
        var fractionBits = 7 - exponentBits;
        var (exponent, fraction) = (code >> fractionBits & ((1 << exponentBits) - 1), code & ((1 << fractionBits) - 1));
        var sign = code >= 128 ? -1.0 : 1.0;
        var isTop = exponent == (1 << exponentBits) - 1;
        if (isTop && exponentBits == 5)
            return fraction == 0 ? (float)(sign * double.PositiveInfinity) : float.NaN;
        if (isTop && fraction == 7)
            return float.NaN;
        var significand = (exponent == 0 ? 0 : 1) + (fraction / Math.Pow(2, fractionBits));
        return (float)(sign * significand * Math.Pow(2, Math.Max(1, exponent) - bias));
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

        // The payload of a NaN does not matter.
        static uint Bits(float value) => float.IsNaN(value) ? uint.MaxValue : BitConverter.SingleToUInt32Bits(value);
    }
}
