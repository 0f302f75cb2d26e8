using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.Operators;
using ILGPU.Runtime;

namespace Blip.Tests.Kernels;

/// <summary>
/// Bits, shapes and refusals of gradients. <see cref="OperatorTests"/> and <see cref="FiniteDifferenceTests"/> hold them to their formulas.
/// </summary>
public class BackwardTests
{
    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_linear_layers_row_gets_the_same_bits_whatever_the_batch(string id)
    {
        using var device = Variants.Open(id);
        foreach (var format in DTypes.Weights)
        {
            // Many rows transpose the weights once.
            var test = new GemmCase("batch", 520, 70, 131) { Format = format };
            var inputs = GemmCases.Make(test);
            var dy = BackwardCases.Gradient(test.Rows * test.OutFeatures);
            var whole = new GemmBackwardOperator(test, inputs, dy).Run(device);
            foreach (var (first, rows) in new[] { (0, 1), (519, 1), (47, 2), (3, 50) })
            {
                var own = dy[(first * test.OutFeatures)..((first + rows) * test.OutFeatures)];
                var part = new GemmBackwardOperator(test with { Rows = rows }, inputs, own).Run(device);
                Assert.Equal(whole[(first * test.InFeatures)..((first + rows) * test.InFeatures)], part);
            }
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_row_of_no_numbers_spoils_no_other(string id)
    {
        using var device = Variants.Open(id);
        var test = new GemmCase("not a number", 5, 66, 70);
        var dy = BackwardCases.Gradient(test.Rows * test.OutFeatures);
        var clean = new GemmBackwardOperator(test, outputGradient: dy).Run(device);
        dy.AsSpan(2 * test.OutFeatures, test.OutFeatures).Fill(float.NaN);
        var spoiled = new GemmBackwardOperator(test, outputGradient: dy).Run(device);
        for (var i = 0; i < clean.Length; i++)
            Assert.True(i / test.InFeatures == 2 ? float.IsNaN(spoiled[i]) : spoiled[i] == clean[i], $"element {i} on {id}");
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Slices_give_the_parameters_gradients_the_same_bits_at_once_and_in_parts(string id)
    {
        using var device = Variants.Open(id);
        foreach (var sliceRows in new[] { 1, 7, 64, 130 })
        {
            var test = new WeightGradientCase("batch", 8, sliceRows, 70, 67);
            var inputs = WeightGradientInputs.Of(test);
            var half = test with { Slices = 4 };
            var (x, dy) = (half.Rows * test.InFeatures, half.Rows * test.OutFeatures);
            var first = inputs with { X = inputs.X[..x], OutputGradient = inputs.OutputGradient[..dy] };
            var second = new WeightGradientInputs(
                inputs.X[x..], inputs.OutputGradient[dy..], new GemmWeightBackwardOperator(half, first).Run(device));

            var whole = new GemmWeightBackwardOperator(test, inputs).Run(device);
            Assert.Equal(whole, new GemmWeightBackwardOperator(half, second).Run(device));
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public void The_number_of_threads_changes_no_bit_of_a_linear_layers_gradients(bool portable)
    {
        using var one = Device.Open("cpu", new DeviceOptions { Threads = 1, Portable = portable });
        using var two = Device.Open("cpu", new DeviceOptions { Threads = 2, Portable = portable });
        var weights = new GemmWeightBackwardOperator(new WeightGradientCase("threads", 3, 70, 150, 131));
        var inputs = new GemmBackwardOperator(new GemmCase("threads", 151, 70, 131));

        Assert.Equal(weights.Run(one), weights.Run(two));
        Assert.Equal(inputs.Run(one), inputs.Run(two));
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void What_is_no_number_spoils_the_gradients_of_its_own_weights_alone(string id)
    {
        using var device = Variants.Open(id);
        var test = new WeightGradientCase("not a number", 2, 5, 13, 70);
        var inputs = WeightGradientInputs.Of(test);
        var clean = new GemmWeightBackwardOperator(test, inputs).Run(device);
        float[] x = [.. inputs.X], dy = [.. inputs.OutputGradient];
        x[(6 * test.InFeatures) + 3] = float.NaN;
        dy[(2 * test.OutFeatures) + 66] = float.PositiveInfinity;
        var spoiled = new GemmWeightBackwardOperator(test, inputs with { X = x, OutputGradient = dy }).Run(device);
        for (var i = 0; i < clean.Length; i++)
        {
            var (row, column) = (i / test.OutFeatures, i % test.OutFeatures);
            Assert.True(row == 3 || column == 66 ? !float.IsFinite(spoiled[i]) : spoiled[i] == clean[i], $"element {i} on {id}");
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_normalised_rows_gradient_has_the_same_bits_alone_and_in_place(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in NormalizationCases.Small.Where(test => !test.Residual).Concat(BackwardCases.RealLayerNorms))
        {
            var inputs = test.Make();
            var dy = BackwardCases.Gradient(inputs.X.Length);
            var whole = new LayerNormBackwardOperator(test, inputs, dy).Run(device);
            var first = inputs with { X = inputs.X[..test.Width] };
            var alone = new LayerNormBackwardOperator(test with { Rows = 1 }, first, dy[..test.Width]).Run(device);
            Assert.Equal(whole[..test.Width], alone);
            using var x = device.Upload<float>(inputs.X);
            using var gamma = device.Upload<float>(inputs.Gamma);
            using var gradient = device.Upload<float>(dy);
            LayerNormBackward.Run(
                device, x.View, gamma.View, gradient.View, gradient.View, test.Rows, test.Width, test.Eps);
            Assert.Equal(whole, gradient.ToArray());
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void An_activations_gradient_has_the_same_bits_in_place(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in ElementwiseCases.Activations.Concat(id == "cpu" ? ElementwiseCases.RealActivations : []))
        {
            using var x = device.Upload<float>(test.Make());
            using var gradient = device.Upload<float>(BackwardCases.Gradient(test.Count));
            ActivationsBackward.Run(device, x.View, gradient.View, gradient.View, test.Count, test.Kind);
            Assert.Equal(new ActivationsBackwardOperator(test).Run(device), gradient.ToArray());
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_second_run_gives_an_attentions_gradients_the_same_bits(string id)
    {
        if (id == "portable")
            FullRun.Only();
        using var device = Variants.Open(id);
        foreach (var test in AttentionBackwardOperator.Cases.Where(test => test.TestedOn.HasFlag(Variants.TestedOn(id))))
        {
            using var prepared = test.Prepare(device);
            prepared.Run(KernelForm.Chosen);
            var first = prepared.Output();
            prepared.Run(KernelForm.Chosen);
            Assert.Equal(first, prepared.Output());
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Gradients_that_are_not_wanted_change_no_other(string id)
    {
        using var device = Variants.Open(id);
        using var all = new AttentionBackwardData(device, new AttentionCase("parts", 2, 7, 33, 2, 12) { Probabilities = true });
        Attention.Run(device, all.Args.Forward);
        AttentionBackward.Run(device, all.Args);
        var expected = all.Read();
        all.Args.ProbabilityGradient.MemSetToZero(device.Stream);
        AttentionBackward.Run(device, all.Args with { QueryGradient = default, KeyGradient = default, ValueGradient = default });
        Assert.Equal(expected, all.Read());
        AttentionBackward.Run(device, all.Args with { ProbabilityGradient = default, KeyGradient = default });
        Assert.Equal(expected, all.Read());
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var device = Device.Open("cpu");
        using var x = device.Allocate<float>(10);
        using var weights = PackedWeights.Allocate(device, 4, 3, DType.Float32);
        Refused("OutputGradient", () =>
            GemmBackward.Run(
                device, new GemmBackwardArgs { OutputGradient = x.View, Weights = weights, InputGradient = x.View, Rows = 3 }));
        Refused("InputGradient", () =>
            GemmBackward.Run(
                device, new GemmBackwardArgs { OutputGradient = x.View, Weights = weights, InputGradient = default, Rows = 2 }));
        var parameters = new GemmWeightBackwardArgs
        {
            X = x.View, OutputGradient = x.View, WeightGradient = x.View, Rows = 2, SliceRows = 1, InFeatures = 3, OutFeatures = 3,
        };
        GemmWeightBackward.Run(device, parameters);
        Refused("multiple of SliceRows", () => GemmWeightBackward.Run(device, parameters with { Rows = 3, SliceRows = 2 }));
        Refused("Precision is Int8", () => GemmWeightBackward.Run(device, parameters with { Precision = DType.Int8 }));
        Refused("SliceRows is 0", () => GemmWeightBackward.Run(device, parameters with { SliceRows = 0 }));
        Refused("X holds", () => GemmWeightBackward.Run(device, parameters with { InFeatures = 6, OutFeatures = 1 }));
        Refused("OutputGradient holds", () => GemmWeightBackward.Run(device, parameters with { InFeatures = 1, OutFeatures = 6 }));
        Refused("WeightGradient holds", () => GemmWeightBackward.Run(device, parameters with { InFeatures = 4 }));
        Refused("BiasGradient holds", () => GemmWeightBackward.Run(device, parameters with { BiasGradient = x.View.SubView(0, 2) }));
        Refused("dy holds", () => ActivationsBackward.Run(device, x.View, default, x.View, 10, Activation.Gelu));
        Refused("not an activation", () => ActivationsBackward.Run(device, x.View, x.View, x.View, 10, (Activation)9));
        Refused("gamma holds", () => LayerNormBackward.Run(device, x.View, default, x.View, x.View, 2, 5, 1));
        Refused("eps is -1", () => LayerNormBackward.Run(device, x.View, x.View, x.View, x.View, 2, 5, -1));
        Refused("dx holds", () => SelectTokenBackward.Run(device, x.View, default, x.View, 2, 2, 5));
        Refused("probabilities holds", () => AttentionRollout.Run(device, x.View, default, x.View, 1, 2, 3));
        using var cached = new AttentionData(
            device, new AttentionCase("cached", 2, 1, 5, 2, 8) { KeyRows = KeyRows.Shuffled, Probabilities = true });
        Refused("KeyRow names", () =>
            AttentionBackward.Run(device, new AttentionBackwardArgs { Forward = cached.Args, OutputGradient = cached.Output.View }));
        using var seen = new AttentionData(device, new AttentionCase("seen", 2, 1, 5, 2, 8));
        var halves = seen.Args with { Precision = DType.Float16, InputFormat = DType.Float16 };
        var rounded = new AttentionBackwardArgs { Forward = halves, OutputGradient = seen.Output.View };
        Refused("gradients need", () => AttentionBackward.Run(device, rounded));
        var few = new AttentionBackwardArgs { Forward = seen.Args with { Probabilities = x.View }, OutputGradient = seen.Output.View };
        Refused("Probabilities", () => AttentionBackward.Run(device, few));

        static void Refused(string message, Action run) =>
            Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(run).Message, StringComparison.Ordinal);
    }
}
