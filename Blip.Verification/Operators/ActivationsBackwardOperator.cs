using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

/// <summary>The gradient of an activation.</summary>
internal sealed class ActivationsBackwardOperator(ActivationCase test) : GradientCase("activationsbackward", $"{test.Kind} of {test.Count}")
{
    private const int Many = 1_000_000;

    /// <summary>The gradients of the activations' cases.</summary>
    public static IEnumerable<OperatorCase> Cases => Of<ActivationsBackwardOperator>(ActivationsOperator.Cases);

    /// <inheritdoc/>
    public override TestedOn TestedOn => test.Count < Many ? TestedOn.Every : TestedOn.Cpu;

    /// <summary>Over arguments from -6 to 6, beside 0, where relu has no derivative; the same for every number of elements.</summary>
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
        // Sums of terms around 1, the argument times another in each of them.
        return Agreement.Within(expected, [.. seen.Select(i => actual[i])], Bound, $"{test.Kind}, element");

        double Bound(int i) => Math.Abs(dy[seen[i]]) * (8 + Math.Min(Math.Abs(x[seen[i]]), 16)) * Ulp / 2;
    }
}
