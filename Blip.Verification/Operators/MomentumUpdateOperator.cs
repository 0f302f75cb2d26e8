using Blip.Kernels;
using Blip.Verification.Cases;

namespace Blip.Verification.Operators;

internal sealed class MomentumUpdateOperator((int Count, double Momentum) test)
    : OperatorCase("momentumupdate", $"{test.Count}, momentum {test.Momentum:g}")
{
    private const double Ulp = 1.0 / (1 << 23);

    public static IEnumerable<OperatorCase> Cases =>
    [
        .. OptimizationCases.RealMomenta.Select(test => new MomentumUpdateOperator(test) { Size = CaseSize.Real }),
        .. OptimizationCases.Momenta.Select(test => new MomentumUpdateOperator(test)),
    ];

    /// <inheritdoc/>
    public override TestedOn TestedOn => test.Count < 1_000_000 ? TestedOn.Every : TestedOn.Processors | TestedOn.Cuda;

    /// <inheritdoc/>
    public override double Operations => 3.0 * test.Count;

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var (before, trained) = (BackwardCases.Gradient(test.Count, 8), BackwardCases.Gradient(test.Count));
        var (slow, fast) = (buffers.Upload(before), buffers.Upload(trained));
        return new PreparedOperator(buffers)
        {
            Run = form => MomentumUpdate.Run(buffers.Device, slow.View, fast.View, test.Momentum),
            Output = () => slow.ToArray(),
            Compare = () => Agreement.Within(
                [.. before.Select((value, i) => (test.Momentum * value) + ((1 - test.Momentum) * trained[i]))], slow.ToArray(),
                i => 1.5 * Ulp * ((test.Momentum * Math.Abs(before[i])) + ((1 - test.Momentum) * Math.Abs(trained[i])))),
            Bytes = 3.0 * sizeof(float) * test.Count,
        };
    }
}
