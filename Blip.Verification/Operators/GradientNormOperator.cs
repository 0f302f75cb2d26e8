using Blip.Kernels;
using Blip.Verification.Cases;

namespace Blip.Verification.Operators;

/// <summary>A norm over two buffers, and its factor.</summary>
internal sealed class GradientNormOperator((int Count, float MaxNorm, float Scale) test)
    : OperatorCase("gradientnorm", $"{test.Count}, at most {test.MaxNorm:g}, times {test.Scale:g}")
{
    private const double Ulp = 1.0 / (1 << 23);

    public static IEnumerable<OperatorCase> Cases =>
    [
        .. OptimizationCases.RealNorms.Select(test => new GradientNormOperator(test) { Size = CaseSize.Real }),
        .. OptimizationCases.Norms.Select(test => new GradientNormOperator(test)),
    ];

    /// <inheritdoc/>
    public override TestedOn TestedOn => test.Count < 1_000_000 ? TestedOn.Every : TestedOn.Processors | TestedOn.Cuda;

    /// <inheritdoc/>
    public override double Operations => 2.0 * test.Count;

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var values = BackwardCases.Gradient(test.Count);
        float[] others = [3, -4];
        var (x, rest) = (buffers.Upload(values), buffers.Upload(others));
        var (total, state) = (buffers.Allocate<float>(GradientNorm.TotalLength), buffers.Allocate<float>(GradientNorm.StateLength));
        return new PreparedOperator(buffers)
        {
            Run = form =>
            {
                Elementwise.Fill(buffers.Device, total.View, GradientNorm.TotalLength);
                GradientNorm.AddSquares(buffers.Device, x.View, test.Count, total.View);
                GradientNorm.AddSquares(buffers.Device, rest.View, others.Length, total.View);
                GradientNorm.ClipScale(buffers.Device, total.View, state.View, test.MaxNorm, test.Scale);
            },
            Output = () => [.. total.ToArray(), .. state.ToArray()],
            Compare = () =>
            {
                var norm = Math.Sqrt(values.Concat(others).Sum(value => (double)value * value)) * test.Scale;
                var factor = test.Scale * Math.Min(1, test.MaxNorm / (norm + 1e-6));
                double[] expected = [norm, factor, 1];
                // Half of a sum's error, whose blocks have 32 terms; a root, a product, a quotient.
                return Agreement.Within(expected, state.ToArray(), i => 8 * Ulp * expected[i]);
            },
            Bytes = sizeof(float) * (double)test.Count,
        };
    }
}
