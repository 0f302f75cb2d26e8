using Blip.Kernels;
using Blip.Verification.Cases;

namespace Blip.Verification.Operators;

/// <summary>Fills a buffer; values behind it stay.</summary>
internal sealed class FillOperator(int count) : OperatorCase("fill", $"{count}")
{
    private const float Value = 0.1f, Before = 7;

    public static IEnumerable<OperatorCase> Cases =>
    [
        .. OptimizationCases.RealFills.Select(count => new FillOperator(count) { Size = CaseSize.Real }),
        .. OptimizationCases.Fills.Select(count => new FillOperator(count)),
    ];

    /// <inheritdoc/>
    public override TestedOn TestedOn => count < 1_000_000 ? TestedOn.Every : TestedOn.Processors | TestedOn.Cuda;

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var y = buffers.Upload<float>([.. Enumerable.Repeat(Before, count + 1)]);
        return new PreparedOperator(buffers)
        {
            Run = form => Elementwise.Fill(buffers.Device, y.View, count, Value),
            Output = () => y.ToArray(),
            Compare = () => Agreement.Exact([.. Enumerable.Repeat(Value, count), Before], y.ToArray()),
            Bytes = sizeof(float) * (double)count,
        };
    }
}
