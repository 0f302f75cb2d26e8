using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

internal sealed class L2NormalizeBackwardOperator(NormalizationCase test)
    : GradientCase("l2normalizebackward", $"{test.Rows} x {test.Width}{test.ValuesName}")
{
    private const float Eps = 1e-12f;

    private const double Ulp = 1.0 / (1 << 23);

    public static IEnumerable<OperatorCase> Cases => Of<L2NormalizeBackwardOperator>(L2NormalizeOperator.Cases);

    /// <inheritdoc/>
    public override double Operations => 8.0 * test.Rows * test.Width;

    /// <inheritdoc/>
    public override IEnumerable<Slope> Slopes
    {
        get
        {
            if (test.Values != RowValues.Usual || test.Width is <= 1 or >= 200)
                yield break;
            var x = test.Make().X;
            // Far from zero, where a step is small beside the length.
            for (var i = 0; i < x.Length; i++)
                x[i] += x[i] < 0 ? -1 : 1;
            var dy = BackwardCases.Gradient(x.Length);
            var gradient = L2NormalizeBackwardReference.Run(x, dy, test.Rows, test.Width, Eps).Gradient;
            yield return new Slope("x", x, gradient, values =>
                Slope.Along(L2NormalizeReference.Run(values, test.Rows, test.Width, Eps), dy));
        }
    }

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var values = test.Make().X;
        var dy = BackwardCases.Gradient(values.Length);
        var (x, gradient) = (buffers.Upload(values), buffers.Upload(dy));
        var dx = buffers.Allocate<float>(values.Length);
        return new PreparedOperator(buffers)
        {
            Run = form => L2NormalizeBackward.Run(buffers.Device, x.View, gradient.View, dx.View, test.Rows, test.Width, Eps),
            Output = () => dx.ToArray(),
            Compare = () =>
            {
                var expected = L2NormalizeBackwardReference.Run(values, dy, test.Rows, test.Width, Eps);
                // A length, a product of the row, a division; the product is a sum of √width units.
                return Agreement.Within(
                    expected.Gradient, dx.ToArray(), i => (8 + Math.Sqrt(test.Width)) * Ulp * expected.Magnitude[i / test.Width]);
            },
            Bytes = 3.0 * sizeof(float) * values.Length,
        };
    }
}
