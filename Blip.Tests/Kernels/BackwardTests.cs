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
            var test = new GemmCase("batch", 101, 70, 131) { Format = format };
            var inputs = GemmCases.Make(test);
            var dy = BackwardCases.Gradient(test.Rows * test.OutFeatures);
            var whole = new GemmBackwardOperator(test, inputs, dy).Run(device);
            foreach (var (first, rows) in new[] { (0, 1), (100, 1), (47, 2), (3, 50) })
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

        static void Refused(string message, Action run) =>
            Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(run).Message, StringComparison.Ordinal);
    }
}
