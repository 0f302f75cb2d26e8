using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

/// <summary>A linear layer's input gradient.</summary>
internal sealed class GemmBackwardOperator(
    GemmCase test, GemmInputs? given = null, float[]? outputGradient = null, DType precision = DType.Float32)
    : GradientCase("gemmbackward", NameOf(test, precision), test.Format)
{
    private const int Many = 2000;

    public static IEnumerable<OperatorCase> Cases =>
    [
        .. BackwardCases.RealGemms.Select(test => new GemmBackwardOperator(test) { Size = CaseSize.Real }),
        .. from stored in DTypes.Weights
           from precision in new[] { DType.Float16, DType.BFloat16 }
           from rows in new[] { 3, 150 }
           select new GemmBackwardOperator(new GemmCase("in 16 bits", rows, 70, 132) { Format = stored }, precision: precision),
        .. Of<GemmBackwardOperator>(GemmOperator.Cases.Where(one => one.TestedOn == TestedOn.Every)),
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
            var isExact = test.Format == DType.Float32 && precision == DType.Float32;
            if (test.Rows * test.OutFeatures >= 2000 || test.Spread != Spread.Trained || !isExact)
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

    private protected override object Key => (test.Rows, test.InFeatures, test.OutFeatures, test.Format, test.Spread, precision);

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var rows = (given ?? GemmCases.Make(test)).Weights;
        var dy = outputGradient ?? BackwardCases.Gradient(test.Rows * test.OutFeatures);
        var weights = buffers.Own(GemmOperator.Pack(buffers.Device, test, rows));
        var gradient = buffers.Upload(dy);
        var dx = buffers.Allocate<float>((long)test.Rows * test.InFeatures);
        var args = new GemmBackwardArgs
        {
            OutputGradient = gradient.View,
            Weights = weights,
            InputGradient = dx.View,
            Rows = test.Rows,
            Precision = precision,
        };
        var rounds = CudaFormats.Rounded(KernelTarget.Of(buffers.Device).Architecture, precision) is not null;
        return new PreparedOperator(buffers)
        {
            Run = form => GemmBackward.Run(buffers.Device, args),
            Output = () => dx.ToArray(),
            Compare = () => Compare(rounds ? GemmCases.Rounded(dy, precision) : dy, rows, dx.ToArray()),
            Bytes = weights.Bytes + (sizeof(float) * (gradient.Length + dx.Length)),
        };
    }

    // The forward operator's bound, over the outputs. Of many rows, five are checked.
    private Agreement Compare(float[] dy, float[] weights, float[] actual)
    {
        int[] seen = test.Rows < Many
            ? [.. Enumerable.Range(0, test.Rows)]
            : [0, 1, test.Rows / 2, test.Rows - 2, test.Rows - 1];
        var (expected, magnitude) = Expected(Of(dy, test.OutFeatures), weights);
        var bound = 6e-8 * (4 + (2 * Math.Sqrt(test.OutFeatures)));
        return Agreement.Within(expected, Of(actual, test.InFeatures), i => bound * magnitude[i]);

        float[] Of(float[] rows, int width) => [.. seen.SelectMany(row => rows.AsSpan(row * width, width).ToArray())];
    }

    private (double[] Gradient, double[] Magnitude) Expected(float[] dy, float[] weights)
    {
        var (stored, scales) = GemmCases.Stored(weights, test.InFeatures, test.Format);
        if (precision != DType.Float32)
            (stored, scales) = (GemmCases.Rounded(Scaled(stored, scales), precision), []);
        return GemmBackwardReference.Run(dy, stored, scales, dy.Length / test.OutFeatures, test.OutFeatures, test.InFeatures);
    }

    private float[] Scaled(float[] stored, float[] scales) =>
        scales is [] ? stored : [.. stored.Select((value, i) => value * scales[i / test.InFeatures])];

    private static string NameOf(GemmCase test, DType precision) =>
        $"{test.Name} [{test.Rows}, {test.InFeatures} <- {test.OutFeatures}]{(precision == DType.Float32 ? "" : $" in {precision}")}";
}
