using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

/// <summary>The result is A's gradient, then B's.</summary>
internal sealed class LowRankGradientOperator(LowRankCase test) : GradientCase("lowrankgradient", $"{test}")
{
    private const double Ulp = 1.0 / (1 << 23);

    public static IEnumerable<OperatorCase> Cases => Of<LowRankGradientOperator>(LowRankMergeOperator.Cases);

    /// <inheritdoc/>
    public override TestedOn TestedOn => Size == CaseSize.Small ? TestedOn.Every : TestedOn.Processors | TestedOn.Cuda;

    /// <inheritdoc/>
    public override double Operations => 4.0 * test.InFeatures * test.OutFeatures * test.Rank;

    /// <inheritdoc/>
    public override IEnumerable<Slope> Slopes
    {
        get
        {
            if (Size == CaseSize.Real)
                yield break;
            var (matrix, gradient, down, up) = (test.Matrix(3), test.Matrix(4), test.Down(), test.Up());
            var expected = LowRankReference.Gradient(test, gradient, down, up).Gradients;
            yield return new Slope("A", down, expected[..down.Length], values => Loss(values, up));
            yield return new Slope("B", up, expected[down.Length..], values => Loss(down, values));

            double Loss(float[] a, float[] b) => Slope.Along(LowRankReference.Merge(test, matrix, a, b).Matrix, gradient);
        }
    }

    private protected override object Key => test with { Format = DType.Float32 };

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var (gradient, down, up) = (test.Matrix(4), test.Down(), test.Up());
        // Gradients overwrite old values.
        var (downGradient, upGradient) = (buffers.Upload(test.Down()), buffers.Upload(test.Up()));
        var args = new LowRankGradientArgs
        {
            Gradient = buffers.Upload(gradient).View,
            Down = buffers.Upload(down).View,
            Up = buffers.Upload(up).View,
            DownGradient = downGradient.View,
            UpGradient = upGradient.View,
            InFeatures = test.InFeatures,
            OutFeatures = test.OutFeatures,
            Columns = test.Columns,
            FirstColumn = test.FirstColumn,
            Rank = test.Rank,
            Scale = test.Scale,
        };
        return new PreparedOperator(buffers)
        {
            Run = form => LowRankGradient.Run(buffers.Device, args),
            Output = Output,
            Compare = () =>
            {
                var (expected, magnitude) = LowRankReference.Gradient(test, gradient, down, up);
                // Each term rounds with its sum, and the scale once more.
                return Agreement.Within(
                    expected, Output(), i => ((i < down.Length ? test.OutFeatures : test.InFeatures) + 2) * Ulp / 2 * magnitude[i]);
            },
            Bytes = 2.0 * sizeof(float) * test.InFeatures * test.OutFeatures,
        };

        float[] Output() => [.. downGradient.ToArray(), .. upGradient.ToArray()];
    }
}
