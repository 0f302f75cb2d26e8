using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Tests.Cases;

namespace Blip.Tests.Kernels;

public class PackedWeightsTests
{
    [Theory]
    [InlineData(1, 1), InlineData(64, 16), InlineData(70, 33), InlineData(130, 19), InlineData(1000, 301)]
    public void Rows_given_in_any_order_lie_where_the_index_says(int outFeatures, int inFeatures)
    {
        using var device = Device.Open("cpu");
        foreach (var format in Enum.GetValues<WeightFormat>())
        {
            using var weights = PackedWeights.Allocate(device, outFeatures, inFeatures, format);
            var rows = Numbers(outFeatures * inFeatures);
            var cut = outFeatures / 3;
            weights.Fill(cut, rows.AsSpan(cut * inFeatures));
            weights.Fill(0, rows.AsSpan(0, cut * inFeatures));
            weights.Upload();

            var panels = format == WeightFormat.Float32
                ? DeviceBufferValues(weights)
                : [.. DeviceBufferBits(weights).Select(bits => Decode(bits, format))];
            var rounded = Rounded(rows, format);
            var expected = new float[panels.Length];
            for (var i = 0; i < rounded.Length; i++)
                expected[PackedWeights.Index(i / inFeatures, i % inFeatures, inFeatures)] = rounded[i];
            Assert.Equal(expected, panels);
        }
    }

    [Fact]
    public void Every_half_is_decoded_exactly()
    {
        for (var bits = 0; bits <= ushort.MaxValue; bits++)
        {
            var expected = (float)BitConverter.UInt16BitsToHalf((ushort)bits);
            Assert.Equal(BitConverter.SingleToUInt32Bits(expected), BitConverter.SingleToUInt32Bits(Float16Weights.Decode((ushort)bits)) | (float.IsNaN(expected) ? 0x400000u : 0));
        }
    }

    [Fact]
    public void Rounding_is_to_nearest_with_halves_to_even()
    {
        var random = new Random(5);
        for (var i = 0; i < 300_000; i++)
        {
            // Every exponent, and often a tie.
            var bits = (uint)random.NextInt64(1L << 32) & (i % 3 == 0 ? 0xFFFFF000 : i % 3 == 1 ? 0xFFFF8000 : 0xFFFFFFFF);
            var value = BitConverter.UInt32BitsToSingle(bits);
            var half = WeightPacking.Round(value, WeightFormat.Float16);
            var brain = WeightPacking.Round(value, WeightFormat.BFloat16);
            if (float.IsNaN(value))
            {
                Assert.True(Half.IsNaN(BitConverter.UInt16BitsToHalf(half)) && float.IsNaN(BFloat16Weights.Decode(brain)));
                continue;
            }
            Assert.Equal(BitConverter.HalfToUInt16Bits((Half)value), half);
            Assert.Equal(NearestBFloat16(value), BFloat16Weights.Decode(brain));
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var device = Device.Open("cpu");
        using var weights = PackedWeights.Allocate(device, 10, 4, WeightFormat.Float32);
        Assert.Contains("whole rows", Assert.Throws<ArgumentException>(() => weights.Fill(0, new float[6])).Message, StringComparison.Ordinal);
        Assert.Contains("10 rows", Assert.Throws<ArgumentException>(() => weights.Fill(9, new float[8])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => PackedWeights.Allocate(device, 0, 4, WeightFormat.Float32));
        Assert.Throws<ArgumentException>(() => PackedWeights.Allocate(device, 4, 4, (WeightFormat)9));
    }

    private static float[] Rounded(float[] values, WeightFormat format) => [.. values.Select(value => GemmCases.Stored(value, format))];

    private static float Decode(ushort bits, WeightFormat format) => format == WeightFormat.Float16 ? Float16Weights.Decode(bits) : BFloat16Weights.Decode(bits);

    private static float[] DeviceBufferValues(PackedWeights weights) => DeviceBuffer<float>.HostSpan(weights.Float32).ToArray();

    private static ushort[] DeviceBufferBits(PackedWeights weights) => DeviceBuffer<ushort>.HostSpan(weights.Bits16).ToArray();

    // Of the two neighbours the nearer one; of a tie the even one.
    private static float NearestBFloat16(float value)
    {
        var below = BitConverter.SingleToUInt32Bits(value) & 0xFFFF0000;
        var above = below + 0x10000;
        var rest = BitConverter.SingleToUInt32Bits(value) & 0xFFFF;
        var up = rest > 0x8000 || (rest == 0x8000 && (below & 0x10000) != 0);
        return BitConverter.UInt32BitsToSingle(up ? above : below);
    }

    private static float[] Numbers(int count)
    {
        var random = new Random(count);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.5f) * 4)];
    }
}
