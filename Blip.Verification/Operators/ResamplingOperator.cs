using Blip.Kernels;
using Blip.Verification.Cases;

namespace Blip.Verification.Operators;

/// <summary>The result has the reference's bytes.</summary>
internal sealed class ResamplingOperator(ResamplingCase test) : OperatorCase("resampling", test.ToString())
{
    private const int ManyPixels = 10_000_000;

    public static IEnumerable<OperatorCase> Cases =>
    [
        .. ResamplingCases.Photographs.Select(test => new ResamplingOperator(test) { Size = CaseSize.Real }),
        .. ResamplingCases.Small.Select(test => new ResamplingOperator(test)),
    ];

    /// <summary>Tests run one photograph: others differ only in size.</summary>
    public override TestedOn TestedOn => Size == CaseSize.Small || test == ResamplingCases.Photographs[0] ? TestedOn.Every : TestedOn.None;

    /// <inheritdoc/>
    public override bool IsLong => test.Width * test.Height > ManyPixels;

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var data = buffers.Own(new ResamplingData(buffers.Device, test));
        return new PreparedOperator(buffers)
        {
            Run = form => Resampling.Run(buffers.Device, data.Args),
            Compare = () => Agreement.Of(data.Compare()),
            Bytes = data.Bytes,
        };
    }
}
