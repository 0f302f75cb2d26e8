using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

internal sealed class DropoutOperator((int Count, int ElementsPerDraw, float Probability) test)
    : OperatorCase("dropout", $"{test.Count} by {test.ElementsPerDraw}, probability {test.Probability:g}")
{
    private const ulong Seed = 0x0123456789ABCDEF;

    private const int Stream = -7;

    public static IEnumerable<OperatorCase> Cases =>
    [
        .. OptimizationCases.RealDrops.Select(test => new DropoutOperator(test) { Size = CaseSize.Real }),
        .. OptimizationCases.Drops.Select(test => new DropoutOperator(test)),
    ];

    /// <inheritdoc/>
    public override TestedOn TestedOn => test.Count < 1_000_000 ? TestedOn.Every : TestedOn.None;

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var values = BackwardCases.Gradient(test.Count);
        var x = buffers.Upload(values);
        var y = buffers.Allocate<float>(test.Count);
        var args = new DropoutArgs
        {
            X = x.View,
            Y = y.View,
            Length = test.Count,
            ElementsPerDraw = test.ElementsPerDraw,
            Probability = test.Probability,
            Seed = Seed,
            Stream = Stream,
        };
        return new PreparedOperator(buffers)
        {
            Run = form => Dropout.Run(buffers.Device, args),
            Output = () => y.ToArray(),
            Compare = () => Agreement.Exact(
                [.. DropoutReference.Run(values, test.ElementsPerDraw, test.Probability, Seed, Stream).Select(value => (float)value)],
                y.ToArray()),
            Bytes = 2.0 * sizeof(float) * test.Count,
        };
    }
}
