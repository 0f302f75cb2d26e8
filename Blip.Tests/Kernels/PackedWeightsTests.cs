using System.Diagnostics;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;

namespace Blip.Tests.Kernels;

public class PackedWeightsTests
{
    [Theory]
    [InlineData(1, 1), InlineData(64, 16), InlineData(70, 33), InlineData(130, 19), InlineData(1000, 301)]
    public void Rows_given_in_any_order_lie_where_the_index_says(int outFeatures, int inFeatures)
    {
        using var device = Device.Open("cpu");
        foreach (var format in DTypes.Weights)
        {
            using var weights = PackedWeights.Allocate(device, outFeatures, inFeatures, format);
            var rows = Numbers(outFeatures * inFeatures);
            var cut = outFeatures / 3;
            weights.Fill(cut, rows.AsSpan(cut * inFeatures));
            weights.Fill(0, rows.AsSpan(0, cut * inFeatures));
            weights.Upload();

            var (stored, scales) = GemmCases.Stored(rows, inFeatures, format);
            var panels = Panels(weights);
            var expected = new float[panels.Length];
            for (var i = 0; i < stored.Length; i++)
                expected[weights.Index(i / inFeatures, i % inFeatures)] = stored[i];
            Assert.Equal(expected, panels);
            Assert.Equal(scales, Scales(weights));
            if (format == DType.W8A8)
            {
                var sums = DeviceBuffer<int>.HostSpan(weights.WeightSums).ToArray();
                Assert.Equal(Enumerable.Range(0, outFeatures).Select(row => stored.AsSpan(row * inFeatures, inFeatures).ToArray().Sum()),
                    sums[..outFeatures].Select(sum => (float)sum));
                Assert.All(sums[outFeatures..], sum => Assert.Equal(0, sum));
            }
            Assert.Equal(weights.Bytes, weights.Storage.Length);
        }
    }

    [Fact]
    public void Whole_numbers_on_a_scale_are_off_by_half_a_scale_at_most()
    {
        using var device = Device.Open("cpu");
        var rows = Numbers(70 * 333);
        using var weights = PackedWeights.Allocate(device, 70, 333, DType.Int8);
        weights.Fill(0, rows);
        var (panels, scales) = (Panels(weights), Scales(weights));
        for (var row = 0; row < 70; row++)
        {
            var original = rows.AsSpan(row * 333, 333);
            Assert.Equal(127, Enumerable.Range(0, 333).Max(k => Math.Abs(panels[weights.Index(row, k)])));
            for (var k = 0; k < 333; k++)
                Assert.InRange(Math.Abs(((double)panels[weights.Index(row, k)] * scales[row]) - original[k]), 0, scales[row] * 0.50001);
        }
    }

    [Theory]
    [InlineData(float.NaN), InlineData(float.PositiveInfinity), InlineData(float.NegativeInfinity)]
    public void An_output_with_a_weight_that_is_no_number_has_the_scale_nan(float bad)
    {
        using var device = Device.Open("cpu");
        var rows = Numbers(66 * 20);
        rows[(3 * 20) + 19] = rows[(65 * 20) + 2] = bad;
        using var weights = PackedWeights.Allocate(device, 66, 20, DType.Int8);
        weights.Fill(0, rows);
        Assert.Equal([3, 65], Scales(weights).Index().Where(scale => float.IsNaN(scale.Item)).Select(scale => scale.Index));
        Assert.All(Enumerable.Range(0, 20), k => Assert.Equal(0, Panels(weights)[weights.Index(3, k)]));
    }

    [Fact]
    public void Every_half_is_decoded_exactly()
    {
        for (var bits = 0; bits <= ushort.MaxValue; bits++)
        {
            var expected = (float)BitConverter.UInt16BitsToHalf((ushort)bits);
            Assert.Equal(BitConverter.SingleToUInt32Bits(expected),
                BitConverter.SingleToUInt32Bits(Float16Format.Decode((ushort)bits)) | (float.IsNaN(expected) ? 0x400000u : 0));
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
            var half = WeightPacking.Round(value, DType.Float16);
            var brain = WeightPacking.Round(value, DType.BFloat16);
            if (float.IsNaN(value))
            {
                Assert.True(Half.IsNaN(BitConverter.UInt16BitsToHalf(half)) && float.IsNaN(BFloat16Format.Decode(brain)));
                continue;
            }
            Assert.Equal(BitConverter.HalfToUInt16Bits((Half)value), half);
            Assert.Equal(NearestBFloat16(value), BFloat16Format.Decode(brain));
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var device = Device.Open("cpu");
        using var weights = PackedWeights.Allocate(device, 10, 4, DType.Float32);
        Assert.Contains("whole rows", Assert.Throws<ArgumentException>(() => weights.Fill(0, new float[6])).Message,
            StringComparison.Ordinal);
        Assert.Contains("10 rows", Assert.Throws<ArgumentException>(() => weights.Fill(9, new float[8])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => PackedWeights.Allocate(device, 0, 4, DType.Float32));
        Assert.Throws<ArgumentOutOfRangeException>(() => PackedWeights.Allocate(device, 4, 4, (DType)9));
    }

    private static float[] Panels(PackedWeights weights) => weights.Format switch
    {
        DType.Float32 => DeviceBuffer<float>.HostSpan(weights.Float32).ToArray(),
        DType.Float16 => [.. DeviceBuffer<ushort>.HostSpan(weights.Bits16).ToArray().Select(Float16Format.Decode)],
        DType.BFloat16 => [.. DeviceBuffer<ushort>.HostSpan(weights.Bits16).ToArray().Select(BFloat16Format.Decode)],
        DType.Int8 or DType.W8A8 => [.. DeviceBuffer<sbyte>.HostSpan(weights.Int8).ToArray().Select(Int8Weights.Decode)],
        _ => throw new UnreachableException(),
    };

    private static float[] Scales(PackedWeights weights) =>
        weights.Scales.Length == 0 ? [] : DeviceBuffer<float>.HostSpan(weights.Scales)[..weights.OutFeatures].ToArray();

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
