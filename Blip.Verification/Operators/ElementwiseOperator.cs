using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

internal sealed class ElementwiseOperator(int count) : OperatorCase("elementwise", $"sum of {count}")
{
    public static IEnumerable<OperatorCase> Cases =>
    [
        .. ElementwiseCases.Sums.Select(count => new ElementwiseOperator(count)),
        .. ElementwiseCases.RealSums.Select(count => new ElementwiseOperator(count) { Size = CaseSize.Real }),
    ];

    /// <inheritdoc/>
    public override double Operations => count;

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var (left, right) = ElementwiseCases.Terms(count);
        var a = buffers.Upload(left);
        var b = buffers.Upload(right);
        var y = buffers.Allocate<float>(count);
        return new PreparedOperator(buffers)
        {
            Run = form => Elementwise.Add(buffers.Device, a.View, b.View, y.View, count),
            Output = () => y.ToArray(),
            // Rounding a sum in double again gives the right float.
            Compare = () => Agreement.Exact([.. ElementwiseReference.Add(left, right).Select(sum => (float)sum)], y.ToArray()),
            Bytes = 3.0 * sizeof(float) * count,
        };
    }
}
