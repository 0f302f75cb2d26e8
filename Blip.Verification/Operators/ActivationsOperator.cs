using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

internal sealed class ActivationsOperator(ActivationCase test) : OperatorCase("activations", $"{test.Kind} of {test.Count}")
{
    public static IEnumerable<OperatorCase> Cases =>
    [
        .. ElementwiseCases.Activations.Select(test => new ActivationsOperator(test)),
        .. ElementwiseCases.RealActivations.Select(test => new ActivationsOperator(test) { Size = CaseSize.Real }),
    ];

    /// <inheritdoc/>
    public override IEnumerable<GradientCase> Gradients => [new ActivationsBackwardOperator(test) { Size = Size }];

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var values = test.Make();
        var x = buffers.Upload(values);
        var y = buffers.Allocate<float>(values.Length);
        return new PreparedOperator(buffers)
        {
            Run = form => Activations.Run(buffers.Device, x.View, y.View, values.Length, test.Kind),
            Output = () => y.ToArray(),
            Compare = () => Compare(values, y.ToArray()),
            Bytes = 2.0 * sizeof(float) * values.Length,
        };
    }

    private Agreement Compare(float[] x, float[] actual)
    {
        var seen = test.Seen;
        double[] expected = [.. seen.Select(i => ActivationsReference.Apply(x[i], test.Kind))];
        return Agreement.Within(expected, [.. seen.Select(i => actual[i])], Bound, $"{test.Kind}, element");

        // Below 0, 1 + erf cancels: the absolute error is a unit of 1, times x.
        double Bound(int i)
        {
            var value = x[seen[i]];
            return (2.5e-7 * Math.Abs(expected[i])) + (value < 0 && value > -12.5 ? 1e-7 * Math.Abs(value) : 1e-38);
        }
    }
}
