using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

/// <summary>The gradient of the rows.</summary>
internal sealed class LayerNormBackwardOperator(NormalizationCase test, NormalizationInputs? given = null, float[]? outputGradient = null)
    : GradientCase("layernormbackward", $"{test.Rows} x {test.Width} {test.Values}, eps {test.Eps:g}")
{
    private const double Ulp = 1.0 / (1 << 23);

    /// <summary>A text's and an image's rows, and the small normalisations.</summary>
    public static IEnumerable<OperatorCase> Cases =>
    [
        .. BackwardCases.RealLayerNorms.Select(test => new LayerNormBackwardOperator(test) { Size = CaseSize.Real }),
        .. Of<LayerNormBackwardOperator>(LayerNormOperator.Small),
    ];

    /// <inheritdoc/>
    public override IEnumerable<Slope> Slopes
    {
        get
        {
            if (test.Values != RowValues.Usual || test.Width is <= 2 or >= 200)
                yield break;
            var (x, _, gamma, beta) = test.Make();
            var dy = BackwardCases.Gradient(x.Length);
            var gradient = LayerNormBackwardReference.Run(x, gamma, dy, test.Rows, test.Width, test.Eps).Gradient;
            yield return new Slope("x", x, gradient, values =>
                Slope.Along(LayerNormReference.Run(values, null, gamma, beta, test.Rows, test.Width, test.Eps), dy));
        }
    }

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var (values, _, scales, _) = given ?? test.Make();
        var dy = outputGradient ?? BackwardCases.Gradient(values.Length);
        var (x, gamma, gradient) = (buffers.Upload(values), buffers.Upload(scales), buffers.Upload(dy));
        var dx = buffers.Allocate<float>(values.Length);
        return new PreparedOperator(buffers)
        {
            Run = form => LayerNormBackward.Run(
                buffers.Device, x.View, gamma.View, gradient.View, dx.View, test.Rows, test.Width, test.Eps),
            Output = () => dx.ToArray(),
            Compare = () => Compare(values, scales, dy, dx.ToArray()),
            Bytes = 3.0 * sizeof(float) * values.Length,
        };
    }

    private Agreement Compare(float[] x, float[] gamma, float[] dy, float[] actual)
    {
        var (expected, magnitude) = LayerNormBackwardReference.Run(x, gamma, dy, test.Rows, test.Width, test.Eps);
        // Differences of means and of a product with x̂, some units of the largest each. A single large element makes x̂ up to √width.
        var bound = (8 + (test.Values == RowValues.Spike ? 4 * Math.Sqrt(test.Width) : 0)) * Ulp;
        // Far from zero with little spread, x̂ has the error of x's last place over the spread.
        var spread = test.Values == RowValues.Offset ? 4 * Math.Sqrt(test.Width) * Ulp : 0;
        return Agreement.Within(expected, actual, i => (bound + spread) * magnitude[i / test.Width]);
    }
}
