using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.Operators;

namespace Blip.Tests.Kernels;

public class GemmTests
{
    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_row_gets_the_same_bits_whatever_the_batch(string variant)
    {
        using var device = Variants.Open(variant);
        foreach (var format in DTypes.Weights)
        {
            var gemm = new GemmCase("batch", 160, 800, 70) { Activation = Activation.Gelu, Residual = true, Norm = true, Format = format };
            var inputs = GemmCases.Make(gemm);
            var whole = new GemmOperator(gemm, inputs).Run(device);
            foreach (var (first, rows) in new[] { (0, 1), (159, 1), (3, 2), (5, 3), (1, 4), (17, 5), (2, 6), (4, 7), (8, 8), (11, 13),
                (7, 146) })
            {
                var part = new GemmOperator(gemm with { Rows = rows }, Rows(gemm, inputs, first, rows)).Run(device);
                Assert.Equal(whole.AsSpan(first * gemm.OutFeatures, part.Length).ToArray(), part);
            }
        }
    }

    [Theory]
    [InlineData("cpu"), InlineData("opencl"), InlineData("opencl-64")]
    public void Every_shape_agrees_with_double_precision_and_gives_the_same_bits(string variant)
    {
        FullRun.Only();
        using var device = Variants.Open(variant);
        // W8A8 has the kernels of Int8, over inputs that are rounded before.
        foreach (var gemm in GemmCases.All.Where(gemm => !gemm.Large && !gemm.Norm && gemm.Format != DType.W8A8))
        {
            var inputs = GemmCases.Make(gemm);
            float[]? first = null;
            foreach (var shape in Enum.GetValues<GemmShape>().Where(shape => variant != "cpu" || shape != GemmShape.Shared64x64))
            {
                using var buffers = new OperatorBuffers(device);
                var (args, y) = GemmOperator.Upload(buffers, gemm, inputs);
                GemmShapes.Run(device, args, shape);
                var actual = y.ToArray();
                var error = GemmCases.Error(gemm, inputs, actual);
                Assert.True(error <= 1, $"{gemm}, {shape}: {error:F2} times the bound");
                first ??= actual;
                Assert.True(Bits(first).SequenceEqual(Bits(actual)), $"{gemm}: {shape} gives other bits");
            }
        }

        static ReadOnlySpan<int> Bits(float[] values) => System.Runtime.InteropServices.MemoryMarshal.Cast<float, int>(values);
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void The_residual_may_be_the_output(string variant)
    {
        using var device = Variants.Open(variant);
        var gemm = new GemmCase("in place", 20, 1600, 70) { Activation = Activation.Tanh, Residual = true };
        var inputs = GemmCases.Make(gemm);
        var expected = new GemmOperator(gemm, inputs).Run(device);

        using var weights = GemmOperator.Pack(device, gemm, inputs.Weights);
        using var x = device.Upload<float>(inputs.X);
        using var bias = device.Upload<float>(inputs.Bias);
        using var y = device.Upload<float>(inputs.Residual);
        var args = new GemmArgs
        {
            X = x.View,
            Weights = weights,
            Bias = bias.View,
            Residual = y.View,
            Activation = gemm.Activation,
            Y = y.View,
            Rows = gemm.Rows,
        };
        Gemm.Run(device, args);
        Assert.Equal(expected, y.ToArray());
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void What_is_no_number_spoils_its_row_or_column_and_no_other(string variant)
    {
        using var device = Variants.Open(variant);
        foreach (var format in DTypes.Weights)
        {
            var gemm = new GemmCase("not a number", 9, 70, 66) { Format = format };
            var inputs = GemmCases.Make(gemm);
            var clean = new GemmOperator(gemm, inputs).Run(device);
            foreach (var bad in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
            {
                var (x, weights) = ((float[])inputs.X.Clone(), (float[])inputs.Weights.Clone());
                x[(2 * 70) + 69] = x[(8 * 70) + 3] = weights[(65 * 70) + 69] = bad;
                var actual = new GemmOperator(gemm, inputs with { X = x, Weights = weights }).Run(device);
                for (var i = 0; i < actual.Length; i++)
                    Assert.True(i / 66 is 2 or 8 || i % 66 == 65 ? !float.IsFinite(actual[i]) : actual[i] == clean[i],
                        $"{variant} {format}: [{i / 66}, {i % 66}] is {actual[i]}");
            }
        }
    }

    [Fact]
    public void Views_that_are_too_short_are_refused()
    {
        using var device = Device.Open("cpu");
        using var weights = PackedWeights.Allocate(device, 10, 20, DType.Float32);
        using var x = device.Allocate<float>(40);
        using var y = device.Allocate<float>(20);
        using var five = device.Allocate<float>(5);
        var good = new GemmArgs { X = x.View, Weights = weights, Y = y.View, Rows = 2 };
        Gemm.Run(device, good);

        Refused("X", good with { X = five.View });
        Refused("Y", good with { Y = five.View });
        Refused("Bias", good with { Bias = five.View });
        Refused("Residual", good with { Residual = five.View });
        Refused("Rows", good with { Rows = -1 });
        Refused("Gamma", good with { Gamma = five.View });
        Refused("beta", good with { Gamma = x.View, Beta = five.View });
        Refused("eps", good with { Gamma = x.View, Beta = x.View, Epsilon = -1 });
        Refused("activation", good with { Activation = (Activation)17 });
        Refused("X is Float16; no kernel here multiplies rows of 20 so with Float32", good with { XFormat = DType.Float16 });
        Refused("Y is BFloat16; no kernel here stores rows of 10 so after Float32", good with { YFormat = DType.BFloat16 });

        void Refused(string name, GemmArgs args) =>
            Assert.Contains(name, Assert.ThrowsAny<ArgumentException>(() => Gemm.Run(device, args)).Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(DType.Float32), InlineData(DType.Int8), InlineData(DType.W8A8)]
    public void A_launch_allocates_nothing_on_the_device(DType format)
    {
        using var device = Device.Open("cpu");
        using var weights = PackedWeights.Allocate(device, 100, 50, format);
        using var x = device.Allocate<float>(150);
        using var y = device.Allocate<float>(300);
        var args = new GemmArgs { X = x.View, Weights = weights, Y = y.View, Rows = 3 };
        Gemm.Run(device, args);
        var before = device.Allocations;
        for (var i = 0; i < 20; i++)
            Gemm.Run(device, args);
        Assert.Equal(before, device.Allocations);
    }

    private static GemmInputs Rows(GemmCase gemm, GemmInputs inputs, int first, int rows) => inputs with
    {
        X = inputs.X.AsSpan(first * gemm.InFeatures, rows * gemm.InFeatures).ToArray(),
        Residual = inputs.Residual.AsSpan(first * gemm.OutFeatures, rows * gemm.OutFeatures).ToArray(),
    };
}
