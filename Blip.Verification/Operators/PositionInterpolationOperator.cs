using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

internal sealed class PositionInterpolationOperator(GridCase test, float[]? given = null)
    : OperatorCase("positioninterpolation", $"{test.Rows} x {test.Columns} to {test.NewRows} x {test.NewColumns} of {test.Hidden}")
{
    // The coordinate, up to 30, is rounded by half of 2^-19. The cubic's slope is at most 3; four such lines and columns.
    private const double Bound = 2e-5;

    public static IEnumerable<OperatorCase> Cases =>
    [
        .. PatchEmbeddingCases.Grids.Select(test => new PositionInterpolationOperator(test)),
        .. PatchEmbeddingCases.RealGrids.Select(test => new PositionInterpolationOperator(test) { Size = CaseSize.Real }),
    ];

    /// <summary>Sixteen products and sums.</summary>
    public override double Operations => 32.0 * (1 + (test.NewRows * test.NewColumns)) * test.Hidden;

    /// <inheritdoc/>
    public override IEnumerable<GradientCase> Gradients => [new PositionInterpolationBackwardOperator(test) { Size = Size }];

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var learned = given ?? PatchEmbeddingCases.Values((1 + (test.Rows * test.Columns)) * test.Hidden);
        var positions = buffers.Upload(learned);
        var y = buffers.Allocate<float>((1 + (test.NewRows * test.NewColumns)) * test.Hidden);
        return new PreparedOperator(buffers)
        {
            Run = form => PositionInterpolation.Run(
                buffers.Device, positions.View, y.View, test.Rows, test.Columns, test.NewRows, test.NewColumns, test.Hidden),
            Output = () => y.ToArray(),
            Compare = () => Compare(learned, y.ToArray()),
            Bytes = sizeof(float) * ((double)positions.Length + y.Length),
        };
    }

    // The class token's position is copied.
    private Agreement Compare(float[] positions, float[] actual)
    {
        var expected = PositionInterpolationReference.Run(positions, test.Rows, test.Columns, test.NewRows, test.NewColumns, test.Hidden);
        return Agreement.Within(expected, actual, _ => Bound)
            .Or(Agreement.Exact(positions[..test.Hidden], actual[..test.Hidden], "element of the class token"));
    }
}
