using Blip.Kernels;
using Blip.Tests.Cases;

namespace Blip.Bench;

/// <summary>Words and positions, the choice of a row's token, and the cache: every case that is a model's own.</summary>
internal static class EmbeddingBench
{
    public static IEnumerable<KernelBench.Entry> TokenEmbeddings(Device device, Func<string, bool> chosen)
    {
        foreach (var test in Chosen(chosen))
        {
            var inputs = test.Make();
            var data = new TokenEmbeddingData(device, test, inputs);
            yield return new KernelBench.Entry(
                Name(test), KernelBench.Variant(device, "cpu"), Elements(test), 3 * sizeof(float) * Elements(test),
                () => TokenEmbedding.Run(device, data.Args),
                () => KernelBench.Exact(
                    TokenEmbeddingReference.Run(inputs.Ids, inputs.Table, inputs.Positions, inputs.Start, test.Tokens, test.Hidden).Select(sum => (float)sum), data.Output()),
                data.Dispose);
        }
    }

    public static IEnumerable<KernelBench.Entry> SelectTokens(Device device, Func<string, bool> chosen)
    {
        foreach (var test in Chosen(chosen))
        {
            var values = EmbeddingCases.Values(new Random(1), test.Rows * test.Tokens * test.Hidden);
            int[] last = [.. Enumerable.Repeat(test.Tokens, test.Rows)];
            var x = device.Upload<float>(values);
            var index = device.Upload<int>(last);
            var y = device.Allocate<float>(test.Rows * test.Hidden);
            yield return new KernelBench.Entry(
                Name(test), KernelBench.Variant(device, "cpu"), 0, 2.0 * sizeof(float) * y.Length,
                () => SelectToken.Run(device, x.View, index.View, y.View, test.Rows, test.Tokens, test.Hidden, offset: -1),
                () => KernelBench.Exact(SelectTokenReference.Run(values, last, test.Rows, test.Tokens, test.Hidden, offset: -1), y.ToArray()),
                () => KernelBench.Dispose(x, index, y));
        }
    }

    public static IEnumerable<KernelBench.Entry> AppendCaches(Device device, Func<string, bool> chosen)
    {
        foreach (var test in Chosen(chosen))
        {
            var data = new AppendCacheData(device, test);
            yield return new KernelBench.Entry(
                Name(test), KernelBench.Variant(device, "cpu"), 0, 2 * sizeof(float) * Elements(test),
                () => AppendCache.Run(device, data.Args),
                () => KernelBench.Exact(data.Expected, data.Cache()),
                data.Dispose);
        }
    }

    private static IEnumerable<EmbeddingCase> Chosen(Func<string, bool> chosen) => EmbeddingCases.Real.Where(test => chosen(Name(test)));

    private static string Name(EmbeddingCase test) => $"{test.Rows} x {test.Tokens} tokens of {test.Hidden}";

    private static double Elements(EmbeddingCase test) => (double)test.Rows * test.Tokens * test.Hidden;
}
