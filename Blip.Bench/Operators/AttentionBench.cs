using Blip.Bench.Measuring;
using Blip.Kernels;
using Blip.Verification.Cases;

namespace Blip.Bench.Operators;

/// <summary>Attention.</summary>
internal static class AttentionBench
{
    public static IEnumerable<KernelCase> Cases(bool odd) => AttentionCases.Real.Concat(odd ? AttentionCases.Small.Concat(AttentionCases.Rounded) : []).Select(test => new KernelCase(
        $"{test.Name} {test.Rows} x [{test.QueryTokens}, {test.KeyTokens}] x {test.Heads} heads of {test.HeadDim}",
        target =>
        {
            var data = new AttentionData(target.Device, test);
            var keys = 2.0 * (test.KeyRows == KeyRows.Shared ? (test.Rows + 2) / 3 : test.Rows) * test.KeyTokens;
            return new PreparedCase
            {
                Run = KernelCase.Finished(target.Device, () => Attention.Run(target.Device, data.Args)),
                Verify = () => data.Compare().Error,
                Flops = test.Flops,
                Bytes = test.Heads * test.HeadDim
                    * ((Size(data.Args.InputFormat) * ((test.Rows * test.QueryTokens) + keys)) + (Size(data.Args.OutputFormat) * test.Rows * test.QueryTokens)),
                Owned = [data],
            };
        })
    {
        Precision = GemmBench.Precision(test.Precision),
        Long = test.Flops > 2e9,
    });

    private static double Size(WeightFormat format) => format.Is16Bits() ? 2 : sizeof(float);
}
