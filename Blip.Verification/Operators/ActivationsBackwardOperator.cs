using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

internal sealed class ActivationsBackwardOperator(ActivationCase test) : GradientCase("activationsbackward", $"{test.Kind} of {test.Count}")
{
    private const int Many = 1_000_000;

    public static IEnumerable<OperatorCase> Cases => Of<ActivationsBackwardOperator>(ActivationsOperator.Cases);

    /// <inheritdoc/>
    public override TestedOn TestedOn => test.Count < Many ? TestedOn.Every : TestedOn.Cpu;

    /// <summary>Arguments from -6 to 6, beside relu's corner at 0; once for all counts.</summary>
    public override IEnumerable<Slope> Slopes
    {
        get
        {
            if (test.Count > 1)
                yield break;
            float[] x = [.. Enumerable.Range(-60, 121).Select(i => (i * 0.1f) + 0.03f)];
            double[] gradient = [.. x.Select(value => ActivationsBackwardReference.Derivative(value, test.Kind))];
            yield return new Slope("x", x, gradient, values => values.Sum(value => ActivationsReference.Apply(value, test.Kind)))
            {
                IsWhole = true,
            };
        }
    }

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var (values, gradient) = (test.Make(), BackwardCases.Gradient(test.Count));
        var (x, dy) = (buffers.Upload(values), buffers.Upload(gradient));
        var dx = buffers.Allocate<float>(test.Count);
        return new PreparedOperator(buffers)
        {
            Run = form => ActivationsBackward.Run(
                buffers.Device, x.View, dy.View, dx.View, test.Count, test.Kind),
            Output = () => dx.ToArray(),
            Compare = () => Compare(values, gradient, dx.ToArray()),
            Bytes = 3.0 * sizeof(float) * test.Count,
        };
    }

    private Agreement Compare(float[] x, float[] dy, float[] actual)
    {
        const double Ulp = 1.0 / (1 << 23);
        var seen = test.Seen;
        double[] expected = [.. seen.Select(i => dy[i] * ActivationsBackwardReference.Derivative(x[i], test.Kind))];
        // Terms are around 1; each holds the argument times another.
        return Agreement.Within(expected, [.. seen.Select(i => actual[i])], Bound, $"{test.Kind}, element");

        double Bound(int i) => Math.Abs(dy[seen[i]]) * (8 + Math.Min(Math.Abs(x[seen[i]]), 16)) * Ulp / 2;
    }
}
