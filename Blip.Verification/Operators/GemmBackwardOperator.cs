using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

/// <summary>The gradient of a linear layer with respect to its inputs.</summary>
internal sealed class GemmBackwardOperator(GemmCase test, GemmInputs? given = null, float[]? outputGradient = null)
    : GradientCase("gemmbackward", $"{test.Name} [{test.Rows}, {test.InFeatures} <- {test.OutFeatures}]", test.Format)
{
    /// <summary>The sizes of the text tower over 35 words, and the gradients of the small linear layers.</summary>
    public static IEnumerable<OperatorCase> Cases =>
    [
        .. BackwardCases.RealGemms.Select(test => new GemmBackwardOperator(test) { Size = CaseSize.Real }),
        .. Of(GemmOperator.Cases.Where(one => one.TestedOn == TestedOn.Every)),
    ];

    /// <inheritdoc/>
    public override TestedOn TestedOn => Size == CaseSize.Real ? TestedOn.Cpu : TestedOn.Every;

    /// <inheritdoc/>
    public override double Operations => test.Flops;

    /// <inheritdoc/>
    public override IEnumerable<Slope> Slopes
    {
        get
        {
            if (test.Rows * test.OutFeatures >= 2000 || test.Spread != Spread.Trained || test.Format != DType.Float32)
                yield break;
            var (inputs, dy) = (GemmCases.Make(test), BackwardCases.Gradient(test.Rows * test.OutFeatures));
            var weights = inputs.Weights;
            yield return new Slope("x", inputs.X, Expected(dy, weights).Gradient, values =>
            {
                var y = new double[dy.Length];
                GemmReference.Run(values, weights, [], [], [], Activation.None, y, [], test.Rows, test.OutFeatures, test.InFeatures);
                return Slope.Along(y, dy);
            });
        }
    }

    private protected override object Key => (test.Rows, test.InFeatures, test.OutFeatures, test.Format, test.Spread);

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var rows = (given ?? GemmCases.Make(test)).Weights;
        var dy = outputGradient ?? BackwardCases.Gradient(test.Rows * test.OutFeatures);
        var weights = buffers.Own(GemmOperator.Pack(buffers.Device, test, rows));
        var gradient = buffers.Upload(dy);
        var dx = buffers.Allocate<float>((long)test.Rows * test.InFeatures);
        var args = new GemmBackwardArgs { OutputGradient = gradient.View, Weights = weights, InputGradient = dx.View, Rows = test.Rows };
        return new PreparedOperator(buffers)
        {
            Run = form => GemmBackward.Run(buffers.Device, args),
            Output = () => dx.ToArray(),
            Compare = () => Compare(dy, rows, dx.ToArray()),
            Bytes = weights.Bytes + (sizeof(float) * (gradient.Length + dx.Length)),
        };
    }

    // As the forward operator's bound has it, over the outputs.
    private Agreement Compare(float[] dy, float[] weights, float[] actual)
    {
        var (expected, magnitude) = Expected(dy, weights);
        var bound = 6e-8 * (4 + (2 * Math.Sqrt(test.OutFeatures)));
        return Agreement.Within(expected, actual, i => bound * magnitude[i]);
    }

    private (double[] Gradient, double[] Magnitude) Expected(float[] dy, float[] weights)
    {
        var (stored, scales) = GemmCases.Stored(weights, test.InFeatures, test.Format);
        return GemmBackwardReference.Run(dy, stored, scales, test.Rows, test.OutFeatures, test.InFeatures);
    }
}
