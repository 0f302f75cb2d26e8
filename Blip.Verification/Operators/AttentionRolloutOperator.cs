using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

internal sealed class AttentionRolloutOperator((int Rows, int Heads, int Tokens) test, bool isFirst = false)
    : OperatorCase("attentionrollout", $"{test.Rows} x {test.Heads} heads of {test.Tokens} tokens{(isFirst ? ", first layer" : "")}")
{
    private const int Many = 100;

    public static IEnumerable<OperatorCase> Cases =>
    [
        .. BackwardCases.Rollouts.Select(test => new AttentionRolloutOperator(test)),
        .. BackwardCases.RealRollouts.Select(test => new AttentionRolloutOperator(test) { Size = CaseSize.Real }),
        .. BackwardCases.Rollouts.Select(test => new AttentionRolloutOperator(test, isFirst: true)),
        .. BackwardCases.RealRollouts.Select(test => new AttentionRolloutOperator(test, isFirst: true) { Size = CaseSize.Large }),
    ];

    /// <inheritdoc/>
    public override TestedOn TestedOn => test.Tokens < Many ? TestedOn.Every : TestedOn.Cpu;

    /// <inheritdoc/>
    public override double Operations => (2.0 * test.Tokens * Square) + ((double)Square * test.Heads);

    private int Square => test.Rows * test.Tokens * test.Tokens;

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var (rows, heads, tokens) = test;
        var weights = BackwardCases.Stochastic(rows * heads * tokens, tokens);
        var earlier = isFirst ? null : BackwardCases.Stochastic(rows * tokens, tokens);
        var (probabilities, before) = (buffers.Upload(weights), buffers.Upload(earlier ?? []));
        var after = buffers.Allocate<float>(Square);
        return new PreparedOperator(buffers)
        {
            Run = form => AttentionRollout.Run(
                buffers.Device, probabilities.View, before.View, after.View, rows, heads, tokens),
            Output = () => after.ToArray(),
            Compare = () => Compare(weights, earlier, after.ToArray()),
            Bytes = sizeof(float) * (weights.Length + (2.0 * Square)),
        };
    }

    // Sums of shares that add up to 1.
    private Agreement Compare(float[] probabilities, float[]? before, float[] actual)
    {
        var bound = (4 + (Math.Sqrt(test.Tokens + test.Heads) / 4)) / (1 << 23);
        var expected = AttentionRolloutReference.Run(probabilities, before, test.Rows, test.Heads, test.Tokens);
        return Agreement.Within(expected, actual, _ => bound);
    }
}
