using Blip.Kernels;
using Blip.Verification.Cases;

namespace Blip.Verification.Operators;

internal sealed class AppendCacheOperator(EmbeddingCase test) : OperatorCase("appendcache", SelectTokenOperator.NameOf(test))
{
    public static IEnumerable<OperatorCase> Cases =>
    [
        .. EmbeddingCases.Small.DistinctBy(SelectTokenOperator.NameOf).Select(test => new AppendCacheOperator(test)),
        .. EmbeddingCases.Real.Select(test => new AppendCacheOperator(test) { Size = CaseSize.Real }),
    ];

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var data = buffers.Own(new AppendCacheData(buffers.Device, test));
        return new PreparedOperator(buffers)
        {
            Run = form => AppendCache.Run(buffers.Device, data.Args),
            Compare = () => Agreement.Exact(data.ExpectedKeys, data.Keys(), "key")
                .Or(Agreement.Exact(data.ExpectedValues, data.Values(), "value")),
            Bytes = 4.0 * sizeof(float) * test.Rows * test.Tokens * test.Hidden,
        };
    }
}
