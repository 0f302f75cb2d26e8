using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.Operators;

namespace Blip.Tests.Kernels;

/// <summary>
/// Bits, refusals and NaN of an optimiser's steps. <see cref="OperatorTests"/> holds it to its formulas.
/// </summary>
public class OptimizationTests
{
    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_packed_matrix_gets_the_bits_of_a_flat_one(string id)
    {
        using var device = Variants.Open(id);
        var test = new AdamWCase(33, 130) { Scaled = true };

        var flat = new AdamWOperator(test).Run(device);
        Assert.Equal(flat, new AdamWOperator(test with { Packed = true }).Run(device));
        Assert.Equal(flat, new AdamWOperator(test with { Packed = true, Format = DType.BFloat16 }).Run(device));
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_second_sum_has_the_bits_of_the_first(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in OptimizationCases.Norms)
        {
            using var prepared = new GradientNormOperator(test).Prepare(device);
            prepared.Run(KernelForm.Chosen);
            var first = prepared.Output();
            prepared.Run(KernelForm.Chosen);
            Assert.Equal(first, prepared.Output());
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_norm_that_is_no_number_is_told(string id)
    {
        using var device = Variants.Open(id);
        (float, float)[] cases =
        [
            (float.NaN, float.NaN), (float.NegativeInfinity, float.PositiveInfinity), (1e30f, float.PositiveInfinity),
        ];
        foreach (var (broken, norm) in cases)
        {
            var values = BackwardCases.Gradient(20_000);
            values[17_000] = broken;
            using var x = device.Upload<float>(values);
            using var total = device.Allocate<float>(GradientNorm.TotalLength);
            using var state = device.Allocate<float>(GradientNorm.StateLength);
            GradientNorm.AddSquares(device, x.View, values.Length, total.View);
            GradientNorm.AddSquares(device, x.View, 100, total.View);
            GradientNorm.ClipScale(device, total.View, state.View, 1);

            var told = state.ToArray();
            Assert.Equal((0f, 0f), (told[1], told[2]));
            Assert.True(float.IsNaN(told[0]) || told[0] == norm, $"{told[0]} on {id}");
        }
    }

    [Fact]
    public void Sixteen_bits_are_rounded_as_weights_are_packed()
    {
        // Every half with its neighbours and the middles between them, and all kinds of floats.
        var random = new Random(3);
        var values = Enumerable.Range(0, 1 << 16).SelectMany(bits => Around((uint)bits))
            .Concat(Enumerable.Range(0, 100_000).Select(_ => (uint)random.NextInt64(1L << 32)));
        foreach (var value in values.Select(BitConverter.UInt32BitsToSingle))
        {
            Assert.True(WeightPacking.Round(value, DType.Float16) == SixteenBits.ToFloat16(value), $"{value:g9}");
            Assert.True(WeightPacking.Round(value, DType.BFloat16) == SixteenBits.ToBFloat16(value), $"{value:g9}");
        }

        static IEnumerable<uint> Around(uint bits)
        {
            var half = BitConverter.SingleToUInt32Bits((float)BitConverter.UInt16BitsToHalf((ushort)bits));
            return [half, half + 1, half - 1, half + 0x1000, half + 0xFFF, half + 0x1001, bits << 16, (bits << 16) + 0x8000];
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var device = Device.Open("cpu");
        using var x = device.Allocate<float>(12);
        using var weights = PackedWeights.Allocate(device, 4, 3, DType.Float32);
        using var rounded = PackedWeights.Allocate(device, 4, 3, DType.BFloat16);
        using var turned = PackedWeights.Allocate(device, 3, 4, DType.BFloat16);
        using var bytes = PackedWeights.Allocate(device, 4, 3, DType.Int8);
        var args = new AdamWArgs
        {
            Parameter = x.View,
            Length = 12,
            Gradient = x.View,
            FirstMoment = x.View,
            SecondMoment = x.View,
            LearningRate = 1,
            Step = 1,
        };
        Refused("either Parameter", args with { Weights = weights });
        Refused("either Parameter", args with { Parameter = default });
        Refused("Parameter holds", args with { Length = 13 });
        Refused("Gradient holds", args with { Gradient = default });
        Refused("FirstMoment holds", args with { FirstMoment = default });
        Refused("SecondMoment holds", args with { SecondMoment = x.View.SubView(0, 11) });
        Refused("Step is 0", args with { Step = 0 });
        Refused("Beta1 is 1", args with { Beta1 = 1 });
        Refused("Beta2 is NaN", args with { Beta2 = double.NaN });
        Refused("LearningRate is -1", args with { LearningRate = -1 });
        Refused("Epsilon is -1", args with { Epsilon = -1 });
        Refused("WeightDecay is -1", args with { WeightDecay = -1 });
        var matrix = args with { Parameter = default, Length = 0 };
        Refused("Weights are BFloat16", matrix with { Weights = rounded });
        Refused("Rounded is Int8", matrix with { Weights = weights, Rounded = bytes });
        Refused("Rounded is [3, 4]", matrix with { Weights = weights, Rounded = turned });
        Refused("Rounded is [4, 3]", args with { Rounded = rounded });
        Thrown("maxNorm is 0", () => GradientNorm.ClipScale(device, x.View, x.View, 0));
        Thrown("scale is NaN", () => GradientNorm.ClipScale(device, x.View, x.View, 1, float.NaN));
        Thrown("total holds", () => GradientNorm.AddSquares(device, x.View, 12, default));
        Thrown("values holds", () => GradientNorm.AddSquares(device, x.View, 13, x.View));
        Thrown("y holds", () => Elementwise.Fill(device, x.View, 13));

        void Refused(string message, AdamWArgs wrong) => Thrown(message, () => AdamW.Run(device, wrong));

        static void Thrown(string message, Action run) =>
            Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(run).Message, StringComparison.Ordinal);
    }
}
