using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

/// <summary>The gradients of scale and shift, added to old values.</summary>
internal sealed class LayerNormParameterBackwardOperator(NormalizationCase test, int slices = 1)
    : GradientCase("layernormparameterbackward", $"{slices} slices of {test.Rows} x {test.Width} {test.Values}, eps {test.Eps:g}")
{
    private const double Ulp = 1.0 / (1 << 23);

    /// <summary>A text's and an image's rows, several slices, and the small normalisations.</summary>
    public static IEnumerable<OperatorCase> Cases =>
    [
        .. BackwardCases.RealLayerNorms.Select(test => new LayerNormParameterBackwardOperator(test) { Size = CaseSize.Real }),
        new LayerNormParameterBackwardOperator(new(577, 768), 4) { Size = CaseSize.Real },
        .. Of<LayerNormParameterBackwardOperator>(LayerNormOperator.Small),
        new LayerNormParameterBackwardOperator(new(7, 33), 3), new LayerNormParameterBackwardOperator(new(32, 17), 2),
        new LayerNormParameterBackwardOperator(new(70, 130), 3),
    ];

    /// <inheritdoc/>
    public override double Operations => 14.0 * slices * test.Rows * test.Width;

    /// <inheritdoc/>
    public override IEnumerable<Slope> Slopes
    {
        get
        {
            if (test.Values != RowValues.Usual || test.Width is <= 2 or >= 200)
                yield break;
            var all = test with { Rows = slices * test.Rows };
            var (x, _, gamma, beta) = all.Make();
            var dy = BackwardCases.Gradient(x.Length);
            var gradient = LayerNormParameterBackwardReference.Run(x, dy, all.Rows, test.Width, test.Eps);
            yield return new Slope("gamma", gamma, gradient.Gamma, values => Along(values, beta));
            yield return new Slope("beta", beta, gradient.Beta, values => Along(gamma, values));

            double Along(float[] scale, float[] shift) =>
                Slope.Along(LayerNormReference.Run(x, null, scale, shift, all.Rows, test.Width, test.Eps), dy);
        }
    }

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var rows = slices * test.Rows;
        var values = (test with { Rows = rows }).Make().X;
        var dy = BackwardCases.Gradient(values.Length);
        var (x, gradient) = (buffers.Upload(values), buffers.Upload(dy));
        var (gammaBefore, betaBefore) = (BackwardCases.Gradient(test.Width, 8), BackwardCases.Gradient(test.Width, 9));
        var (gamma, beta) = (buffers.Upload(gammaBefore), buffers.Upload(betaBefore));
        return new PreparedOperator(buffers)
        {
            Run = form => LayerNormParameterBackward.Run(
                buffers.Device, x.View, gradient.View, gamma.View, beta.View, rows, test.Rows, test.Width, test.Eps),
            Output = () => [.. gamma.ToArray(), .. beta.ToArray()],
            Compare = Compare,
            Bytes = 2.0 * sizeof(float) * values.Length,
        };

        Agreement Compare()
        {
            var expected = LayerNormParameterBackwardReference.Run(values, dy, rows, test.Width, test.Eps);
            // As in LayerNormBackwardOperator, x̂ has the errors of a mean and a variance.
            var normalised = 8 + (test.Values == RowValues.Spike ? 4 * Math.Sqrt(test.Width) : 0);
            var spread = test.Values == RowValues.Offset ? 4 * Math.Sqrt(test.Width) : 0;
            var sum = 4 + (Math.Sqrt(rows) / 2);
            return Agreement.Within(
                    [.. expected.Gamma.Select((value, c) => value + gammaBefore[c])], gamma.ToArray(),
                    c => Ulp * (((normalised + spread + sum) * (expected.GammaSize[c] + (expected.BetaSize[c] / 8))) + 2), "gamma")
                .Or(Agreement.Within(
                    [.. expected.Beta.Select((value, c) => value + betaBefore[c])], beta.ToArray(),
                    c => Ulp * ((sum * expected.BetaSize[c]) + 2), "beta"));
        }
    }
}
