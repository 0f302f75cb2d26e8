using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

/// <summary>A linear layer's weight and bias gradients, in this order.</summary>
internal sealed class GemmWeightBackwardOperator(WeightGradientCase test, WeightGradientInputs? given = null)
    : GradientCase("gemmweightbackward", $"{test}", test.Precision)
{
    private const double Long = 8e9;

    private const int Many = 1 << 18;

    /// <summary>The towers' sizes, odd slices, and the small linear layers as one slice each.</summary>
    public static IEnumerable<OperatorCase> Cases =>
    [
        .. WeightGradientCases.Real.Select(test => new GemmWeightBackwardOperator(test) { Size = CaseSize.Real }),
        .. WeightGradientCases.Small.Select(test => new GemmWeightBackwardOperator(test)),
        .. Of<GemmWeightBackwardOperator>(GemmOperator.Cases.Where(one => one.TestedOn == TestedOn.Every)),
    ];

    /// <inheritdoc/>
    public override TestedOn TestedOn => Size == CaseSize.Real ? TestedOn.Cpu : TestedOn.Every;

    /// <inheritdoc/>
    public override bool IsLong => test.Flops > Long;

    /// <inheritdoc/>
    public override double Operations => test.Flops;

    /// <inheritdoc/>
    public override IEnumerable<Slope> Slopes
    {
        get
        {
            if (Weights >= 10_000 || test.Rows > 200 || test.Spread != Spread.Trained || test.Precision != DType.Float32)
                yield break;
            var inputs = WeightGradientInputs.Of(test);
            var layer = GemmCases.Make(new GemmCase(test.Name, test.Rows, test.InFeatures, test.OutFeatures));
            var (weights, bias) = Expected(inputs with { Before = new float[inputs.Before.Length] });
            yield return new Slope("weights", layer.Weights, Turned(weights), values => Loss(values, layer.Bias));
            if (test.Bias)
                yield return new Slope("bias", layer.Bias, bias, values => Loss(layer.Weights, values));

            double Loss(float[] values, float[] shift)
            {
                var y = new double[inputs.OutputGradient.Length];
                GemmReference.Run(inputs.X, values, [], shift, [], Activation.None, y, [], test.Rows, test.OutFeatures, test.InFeatures);
                return Slope.Along(y, inputs.OutputGradient);
            }
        }
    }

    private protected override object Key => (test.Rows, test.InFeatures, test.OutFeatures, test.Spread, test.Precision);

    private int Weights => test.InFeatures * test.OutFeatures;

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var inputs = given ?? WeightGradientInputs.Of(test);
        var (x, dy) = (buffers.Upload(inputs.X), buffers.Upload(inputs.OutputGradient));
        var (weights, bias) = (buffers.Upload(inputs.Before[..Weights]), buffers.Upload(inputs.Before[Weights..]));
        var args = new GemmWeightBackwardArgs
        {
            X = x.View,
            OutputGradient = dy.View,
            WeightGradient = weights.View,
            BiasGradient = bias.View,
            Rows = test.Rows,
            SliceRows = test.SliceRows,
            InFeatures = test.InFeatures,
            OutFeatures = test.OutFeatures,
            Precision = test.Precision,
        };
        var rounds = CudaFormats.Rounded(KernelTarget.Of(buffers.Device).Architecture, test.Precision) is not null;
        return new PreparedOperator(buffers)
        {
            Run = form => GemmWeightBackward.Run(buffers.Device, args),
            Output = Output,
            Compare = () => Compare(inputs, Output(), rounds),
            Bytes = sizeof(float) * (x.Length + dy.Length + (2 * (weights.Length + bias.Length))),
        };

        float[] Output() => [.. weights.ToArray(), .. bias.ToArray()];
    }

    // The forward operator's bound, over the rows. Of a large gradient, five inputs are checked.
    private Agreement Compare(WeightGradientInputs inputs, float[] actual, bool rounds)
    {
        int[] seen = Weights < Many
            ? [.. Enumerable.Range(0, test.InFeatures)]
            : [0, 1, test.InFeatures / 2, test.InFeatures - 2, test.InFeatures - 1];
        float[] x = [.. Enumerable.Range(0, test.Rows).SelectMany(row => seen.Select(k => inputs.X[(row * test.InFeatures) + k]))];
        var (expected, magnitude) = GemmWeightBackwardReference.Run(
            rounds ? GemmCases.Rounded(x, test.Precision) : x, GemmCases.Rounded(inputs.OutputGradient, test.Precision), Of(inputs.Before),
            test.Rows, seen.Length, test.OutFeatures);
        var (bias, biasMagnitude) = Bias(inputs);
        double[] magnitudes = [.. magnitude, .. biasMagnitude];
        var bound = 6e-8 * (4 + (2 * Math.Sqrt(test.Rows)));
        return Agreement.Within([.. expected, .. bias], [.. Of(actual), .. actual[Weights..]], i => bound * magnitudes[i]);

        float[] Of(float[] all) => [.. seen.SelectMany(k => all.AsSpan(k * test.OutFeatures, test.OutFeatures).ToArray())];
    }

    private (double[] Weights, double[] Bias) Expected(WeightGradientInputs inputs) =>
        (GemmWeightBackwardReference.Run(
            inputs.X, inputs.OutputGradient, inputs.Before[..Weights], test.Rows, test.InFeatures, test.OutFeatures).Gradient,
        Bias(inputs).Gradient);

    // The bias is a weight whose input is 1 in every row.
    private (double[] Gradient, double[] Magnitude) Bias(WeightGradientInputs inputs) => test.Bias
        ? GemmWeightBackwardReference.Run(
            [.. Enumerable.Repeat(1f, test.Rows)], inputs.OutputGradient, inputs.Before[Weights..], test.Rows, 1, test.OutFeatures)
        : ([], []);

    // [in, out] to a layer's [out, in].
    private double[] Turned(double[] gradient) =>
        [.. Enumerable.Range(0, gradient.Length).Select(i => gradient[(i % test.InFeatures * test.OutFeatures) + (i / test.InFeatures)])];
}

/// <summary>The arrays of a <see cref="WeightGradientCase"/>.</summary>
/// <param name="X">[rows, in].</param>
/// <param name="OutputGradient">[rows, out].</param>
/// <param name="Before">The old gradients: the weights' <c>[in, out]</c>, then the bias's <c>[out]</c> if any.</param>
internal sealed record WeightGradientInputs(float[] X, float[] OutputGradient, float[] Before)
{
    public static WeightGradientInputs Of(WeightGradientCase test)
    {
        var x = GemmCases.Make(new GemmCase(test.Name, test.Rows, test.InFeatures, 1) { Spread = test.Spread }).X;
        var before = BackwardCases.Gradient((test.InFeatures + (test.Bias ? 1 : 0)) * test.OutFeatures, seed: 9);
        return new(x, BackwardCases.Gradient(test.Rows * test.OutFeatures), before);
    }
}
