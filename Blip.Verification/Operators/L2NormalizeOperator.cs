using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

internal sealed class L2NormalizeOperator(NormalizationCase test)
    : OperatorCase("l2normalize", $"{test.Rows} x {test.Width}{test.ValuesName}")
{
    private const float Eps = 1e-12f;

    public static IEnumerable<OperatorCase> Cases =>
    [
        .. NormalizationCases.Real.Select(test => new L2NormalizeOperator(test) { Size = test.Residual ? CaseSize.Large : CaseSize.Real }),
        .. NormalizationCases.Small.Concat(NormalizationCases.Beyond).Select(test => new L2NormalizeOperator(test)),
    ];

    /// <summary>A square, its sum, a division.</summary>
    public override double Operations => 3.0 * test.Rows * test.Width;

    /// <summary>None where the least length takes the gradient beyond floats.</summary>
    public override IEnumerable<GradientCase> Gradients =>
        test.Values is RowValues.Tiny || test.Residual ? [] : [new L2NormalizeBackwardOperator(test) { Size = Size }];

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        // The sum of squares, its root and two divisions.
        const double Bound = 4.0 / (1 << 23);
        var inputs = test.Make().X;
        var x = buffers.Upload(inputs);
        var y = buffers.Allocate<float>(inputs.Length);
        return new PreparedOperator(buffers)
        {
            Run = form => L2Normalize.Run(buffers.Device, x.View, y.View, test.Rows, test.Width, Eps),
            Output = () => y.ToArray(),
            Compare = () =>
            {
                var expected = L2NormalizeReference.Run(inputs, test.Rows, test.Width, Eps);
                return Agreement.Within(expected, y.ToArray(), i => Bound * Math.Abs(expected[i]));
            },
            Bytes = 2.0 * sizeof(float) * inputs.Length,
        };
    }
}
