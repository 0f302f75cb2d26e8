using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.References;
using ILGPU.Runtime;

namespace Blip.Tests.Kernels;

/// <summary>Every gradient kernel against its formula in double; the formulas themselves against differences are <see cref="FiniteDifferenceTests"/>'s.</summary>
public class BackwardTests
{
    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Linear_layers(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in BackwardCases.Gemms.Where(test => !test.Large).Concat(id == "cpu" ? BackwardCases.RealGemms : []))
        {
            var inputs = GemmCases.Make(test);
            var dy = BackwardCases.Gradient(test.Rows * test.OutFeatures);
            var error = BackwardCases.GemmError(test, dy, inputs.Weights, Run(device, id, test, inputs.Weights, dy));
            Assert.True(error <= 1, $"{test} on {id}: {error:F2} times the bound");
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_linear_layers_row_gets_the_same_bits_whatever_the_batch(string id)
    {
        using var device = Variants.Open(id);
        foreach (var format in Enum.GetValues<WeightFormat>())
        {
            var test = new GemmCase("batch", 101, 70, 131) { Format = format };
            var weights = GemmCases.Make(test).Weights;
            var dy = BackwardCases.Gradient(test.Rows * test.OutFeatures);
            var whole = Run(device, id, test, weights, dy);
            foreach (var (first, rows) in new[] { (0, 1), (100, 1), (47, 2), (3, 50) })
            {
                var part = Run(device, id, test with { Rows = rows }, weights, dy[(first * test.OutFeatures)..((first + rows) * test.OutFeatures)]);
                Assert.Equal(whole[(first * test.InFeatures)..((first + rows) * test.InFeatures)], part);
            }
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_row_of_no_numbers_spoils_no_other(string id)
    {
        using var device = Variants.Open(id);
        var test = new GemmCase("not a number", 5, 66, 70);
        var weights = GemmCases.Make(test).Weights;
        var dy = BackwardCases.Gradient(test.Rows * test.OutFeatures);
        var clean = Run(device, id, test, weights, dy);
        dy.AsSpan(2 * test.OutFeatures, test.OutFeatures).Fill(float.NaN);
        var spoiled = Run(device, id, test, weights, dy);
        for (var i = 0; i < clean.Length; i++)
            Assert.True(i / test.InFeatures == 2 ? float.IsNaN(spoiled[i]) : spoiled[i] == clean[i], $"element {i} on {id}");
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Activation_functions(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in ElementwiseCases.Activations.Where(test => test.Count < 1_000_000 || id == "cpu"))
        {
            var values = test.Make();
            var gradient = BackwardCases.Gradient(test.Count);
            using var x = device.Upload<float>(values);
            using var dy = device.Upload<float>(gradient);
            ActivationsBackward.Run(device, x.View, dy.View, dy.View, test.Count, test.Kind, Variants.Portable(id));
            var (error, where) = BackwardCases.ActivationError(test, values, gradient, dy.ToArray());
            Assert.True(error <= 1, $"{test} on {id}: {where}");
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Layer_normalisations(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in BackwardCases.LayerNorms.Concat(BackwardCases.RealLayerNorms))
        {
            var (x, _, gamma, _) = test.Make();
            var dy = BackwardCases.Gradient(x.Length);
            var dx = Run(device, id, test, x, gamma, dy);
            var (error, where) = BackwardCases.LayerNormError(test, x, gamma, dy, dx);
            Assert.True(error <= 1, $"{test} on {id}: {where}");
            var alone = Run(device, id, test with { Rows = 1 }, x[..test.Width], gamma, dy[..test.Width]);
            Assert.Equal(dx[..test.Width], alone);
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Attentions(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in BackwardCases.Attentions.Concat(id is "cpu" or "opencl" ? BackwardCases.RealAttentions : []))
        {
            using var data = new AttentionBackwardData(device, test, args => Attention.Run(device, args, Variants.Portable(id)));
            AttentionBackward.Run(device, data.Args, Variants.Portable(id));
            var (error, where) = data.Compare();
            Assert.True(error <= 1, $"{test} on {id}: {where}");
            var all = data.Read();
            AttentionBackward.Run(device, data.Args, Variants.Portable(id));
            Assert.Equal(all, data.Read());
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Gradients_that_are_not_wanted_change_no_other(string id)
    {
        using var device = Variants.Open(id);
        using var all = new AttentionBackwardData(device, new AttentionCase("parts", 2, 7, 33, 2, 12) { Probabilities = true }, args => Attention.Run(device, args, Variants.Portable(id)));
        AttentionBackward.Run(device, all.Args, Variants.Portable(id));
        var expected = all.Read();
        all.Args.ProbabilityGradient.MemSetToZero(device.Stream);
        AttentionBackward.Run(device, all.Args with { QueryGradient = default, KeyGradient = default, ValueGradient = default }, Variants.Portable(id));
        Assert.Equal(expected, all.Read());
        AttentionBackward.Run(device, all.Args with { ProbabilityGradient = default, KeyGradient = default }, Variants.Portable(id));
        Assert.Equal(expected, all.Read());
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Selected_tokens(string id)
    {
        using var device = Variants.Open(id);
        foreach (var (index, offset) in new[] { (Array.Empty<int>(), 0), ([3, 1, 9], -1) })
        {
            var dy = BackwardCases.Gradient(3 * 37);
            using var gradient = device.Upload<float>(dy);
            using var indices = device.Upload<int>(index);
            using var dx = device.Upload<float>([.. Enumerable.Repeat(7f, 3 * 5 * 37)]);
            SelectTokenBackward.Run(device, gradient.View, indices.View, dx.View, 3, 5, 37, offset, Variants.Portable(id));
            Assert.Equal(SelectTokenBackwardReference.Run(dy, index, 3, 5, 37, offset), dx.ToArray());
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Rollouts(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in BackwardCases.Rollouts.Where(test => id == "cpu" || test.Tokens < 100))
        {
            var (rows, heads, tokens) = test;
            var weights = BackwardCases.Stochastic(rows * heads * tokens, tokens);
            var earlier = BackwardCases.Stochastic(rows * tokens, tokens);
            using var probabilities = device.Upload<float>(weights);
            using var before = device.Upload<float>(earlier);
            using var after = device.Allocate<float>(earlier.Length);
            AttentionRollout.Run(device, probabilities.View, default, after.View, rows, heads, tokens, Variants.Portable(id));
            Check(BackwardCases.RolloutError(test, weights, null, after.ToArray()));
            AttentionRollout.Run(device, probabilities.View, before.View, after.View, rows, heads, tokens, Variants.Portable(id));
            Check(BackwardCases.RolloutError(test, weights, earlier, after.ToArray()));

            void Check((double Error, string Where) result) => Assert.True(result.Error <= 1, $"{test} on {id}: {result.Where}");
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var device = Device.Open("cpu");
        using var x = device.Allocate<float>(10);
        using var weights = PackedWeights.Allocate(device, 4, 3, WeightFormat.Float32);
        Refused("OutputGradient", () => GemmBackward.Run(device, new GemmBackwardArgs { OutputGradient = x.View, Weights = weights, InputGradient = x.View, Rows = 3 }));
        Refused("InputGradient", () => GemmBackward.Run(device, new GemmBackwardArgs { OutputGradient = x.View, Weights = weights, InputGradient = default, Rows = 2 }));
        Refused("dy holds", () => ActivationsBackward.Run(device, x.View, default, x.View, 10, Activation.Gelu));
        Refused("not an activation", () => ActivationsBackward.Run(device, x.View, x.View, x.View, 10, (Activation)9));
        Refused("gamma holds", () => LayerNormBackward.Run(device, x.View, default, x.View, x.View, 2, 5, 1));
        Refused("eps is -1", () => LayerNormBackward.Run(device, x.View, x.View, x.View, x.View, 2, 5, -1));
        Refused("dx holds", () => SelectTokenBackward.Run(device, x.View, default, x.View, 2, 2, 5));
        Refused("probabilities holds", () => AttentionRollout.Run(device, x.View, default, x.View, 1, 2, 3));
        using var cached = new AttentionData(device, new AttentionCase("cached", 2, 1, 5, 2, 8) { KeyRows = KeyRows.Shuffled, Probabilities = true });
        Refused("KeyRow names", () => AttentionBackward.Run(device, new AttentionBackwardArgs { Forward = cached.Args, OutputGradient = cached.Output.View }));
        using var unseen = new AttentionData(device, new AttentionCase("unseen", 2, 1, 5, 2, 8));
        Refused("Probabilities", () => AttentionBackward.Run(device, new AttentionBackwardArgs { Forward = unseen.Args, OutputGradient = unseen.Output.View }));

        static void Refused(string message, Action run) => Assert.Contains(message, Assert.Throws<ArgumentException>(run).Message, StringComparison.Ordinal);
    }

    private static float[] Run(Device device, string id, GemmCase test, float[] rows, float[] dy)
    {
        using var weights = PackedWeights.Allocate(device, test.OutFeatures, test.InFeatures, test.Format);
        weights.Fill(0, rows);
        weights.Upload();
        using var gradient = device.Upload<float>(dy);
        using var dx = device.Allocate<float>((long)test.Rows * test.InFeatures);
        GemmBackward.Run(device, new GemmBackwardArgs { OutputGradient = gradient.View, Weights = weights, InputGradient = dx.View, Rows = test.Rows }, Variants.Portable(id));
        return dx.ToArray();
    }

    private static float[] Run(Device device, string id, NormalizationCase test, float[] x, float[] gamma, float[] dy)
    {
        using var xs = device.Upload<float>(x);
        using var gammas = device.Upload<float>(gamma);
        using var gradient = device.Upload<float>(dy);
        LayerNormBackward.Run(device, xs.View, gammas.View, gradient.View, gradient.View, test.Rows, test.Width, test.Eps, Variants.Portable(id));
        return gradient.ToArray();
    }
}
