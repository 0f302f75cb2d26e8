using Blip.Bench.Measuring;
using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Bench.Operators;

/// <summary>Words and positions, the choice of a row's token, and the cache.</summary>
internal static class EmbeddingBench
{
    public static IEnumerable<KernelCase> TokenEmbeddings(bool odd) => Tests(odd).Select(test => new KernelCase($"{Name(test)} out of {test.Vocabulary}", target =>
    {
        var inputs = test.Make();
        var data = new TokenEmbeddingData(target.Device, test, inputs);
        return new PreparedCase
        {
            Run = KernelCase.Finished(target.Device, () => TokenEmbedding.Run(target.Device, data.Args)),
            Verify = () => PreparedCase.Exact(
                TokenEmbeddingReference.Run(inputs.Ids, inputs.Table, inputs.Positions, inputs.Start, test.Tokens, test.Hidden).Select(sum => (float)sum), data.Output()),
            Flops = Elements(test),
            Bytes = 3 * sizeof(float) * Elements(test),
            Owned = [data],
        };
    })
    {
        Precision = GemmBench.Precision(test.Format),
    });

    public static IEnumerable<KernelCase> SelectTokens(bool odd) => Tests(odd).DistinctBy(Name).Select(test => new KernelCase(Name(test), target =>
    {
        var device = target.Device;
        var values = EmbeddingCases.Values(new Random(1), test.Rows * test.Tokens * test.Hidden);
        var taken = EmbeddingCases.Tokens(test.Rows, test.Tokens);
        var x = device.Upload<float>(values);
        var index = device.Upload<int>(taken);
        var y = device.Allocate<float>(test.Rows * test.Hidden);
        return new PreparedCase
        {
            Run = KernelCase.Finished(device, () => SelectToken.Run(device, x.View, index.View, y.View, test.Rows, test.Tokens, test.Hidden, offset: -1)),
            Verify = () => PreparedCase.Exact(SelectTokenReference.Run(values, taken, test.Rows, test.Tokens, test.Hidden, offset: -1), y.ToArray()),
            Bytes = 2.0 * sizeof(float) * y.Length,
            Owned = [x, index, y],
        };
    }));

    public static IEnumerable<KernelCase> AppendCaches(bool odd) => Tests(odd).DistinctBy(Name).Select(test => new KernelCase(Name(test), target =>
    {
        var data = new AppendCacheData(target.Device, test);
        return new PreparedCase
        {
            Run = KernelCase.Finished(target.Device, () => AppendCache.Run(target.Device, data.Args)),
            Verify = () => PreparedCase.Exact([.. data.ExpectedKeys, .. data.ExpectedValues], [.. data.Keys(), .. data.Values()]),
            Bytes = 4 * sizeof(float) * Elements(test),
            Owned = [data],
        };
    }));

    private static IEnumerable<EmbeddingCase> Tests(bool odd) => odd ? EmbeddingCases.All : EmbeddingCases.Real;

    private static string Name(EmbeddingCase test) => $"{test.Rows} x {test.Tokens} tokens of {test.Hidden}{(test.Start ? " at a start" : "")}";

    private static double Elements(EmbeddingCase test) => (double)test.Rows * test.Tokens * test.Hidden;
}
