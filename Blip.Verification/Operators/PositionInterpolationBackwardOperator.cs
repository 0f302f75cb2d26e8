using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

/// <summary>The gradient, added to old values.</summary>
internal sealed class PositionInterpolationBackwardOperator(GridCase test)
    : GradientCase(
        "positioninterpolationbackward", $"{test.Rows} x {test.Columns} to {test.NewRows} x {test.NewColumns} of {test.Hidden}")
{
    private readonly int length = (1 + (test.NewRows * test.NewColumns)) * test.Hidden;

    public static IEnumerable<OperatorCase> Cases => Of<PositionInterpolationBackwardOperator>(PositionInterpolationOperator.Cases);

    /// <summary>Sixteen products and sums.</summary>
    public override double Operations => 32.0 * length;

    /// <inheritdoc/>
    public override IEnumerable<Slope> Slopes
    {
        get
        {
            if (length > 5000)
                yield break;
            var positions = PatchEmbeddingCases.Values((1 + (test.Rows * test.Columns)) * test.Hidden);
            var dy = BackwardCases.Gradient(length);
            yield return new Slope("positions", positions, Expected(dy), values => Slope.Along(
                PositionInterpolationReference.Run(
                    values, test.Rows, test.Columns, test.NewRows, test.NewColumns, test.Hidden), dy));
        }
    }

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var dy = BackwardCases.Gradient(length);
        var before = BackwardCases.Gradient((1 + (test.Rows * test.Columns)) * test.Hidden, 8);
        var (gradient, positions) = (buffers.Upload(dy), buffers.Upload(before));
        // The forward bound, for all positions that read one, with gradients up to 2.
        var readers = Math.Max(1.0, (double)test.NewRows * test.NewColumns / (test.Rows * test.Columns));
        var bound = 4e-5 * readers;
        return new PreparedOperator(buffers)
        {
            Run = form => PositionInterpolationBackward.Run(
                buffers.Device, gradient.View, positions.View, test.Rows, test.Columns, test.NewRows, test.NewColumns, test.Hidden),
            Output = () => positions.ToArray(),
            Compare = () => Agreement.Within([.. Expected(dy).Select((value, i) => value + before[i])], positions.ToArray(), _ => bound),
            Bytes = sizeof(float) * (2.0 * positions.Length + length),
        };
    }

    private double[] Expected(float[] dy) =>
        PositionInterpolationReference.Transposed(dy, test.Rows, test.Columns, test.NewRows, test.NewColumns, test.Hidden);
}
