using Blip.Bench.Measuring;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Bench.Operators;

/// <summary>The first of many vectors, found exactly.</summary>
internal static class SearchBench
{
    private const int Million = 1_000_000;

    public static IEnumerable<KernelCase> Cases(bool odd) => Searches(odd).Concat(odd ? [.. SearchCases.Small.Where(test => test is { Count: 257 or 272 or 300 }).Select(Maxima)] : []);

    // What the first pass leaves. A search finds the same where it is too high: it only looks at more.
    private static KernelCase Maxima(SearchCase test) => new($"blocks' best for {test}", target =>
    {
        var device = target.Device;
        var (vectors, leftOut, queries) = test.Make();
        var (all, flags, uploaded) = (device.Upload<float>(vectors), device.Upload<byte>(leftOut), device.Upload<float>(queries));
        var blocks = (test.Count + VectorSearch.Block - 1) / VectorSearch.Block;
        var maxima = device.Allocate<float>((long)blocks * test.Queries);
        var args = new VectorSearchArgs { Vectors = all.View, LeftOut = flags.View, Count = test.Count, Dimension = test.Dimension, LargestNorm = SearchCases.LargestNorm };
        return new PreparedCase
        {
            Run = KernelCase.Finished(device, () => VectorSearch.Scan(device, args, uploaded.View, test.Queries, maxima.View, portable: device.Kind != DeviceKind.Cpu)),
            Verify = () => maxima.ToArray().Select((best, i) => Error(best, Enumerable.Range(i % blocks * VectorSearch.Block, VectorSearch.Block)
                .Where(row => row < test.Count && (leftOut.Length == 0 || leftOut[row] == 0))
                .Select(row => Enumerable.Range(0, test.Dimension).Sum(c => (double)vectors[(row * test.Dimension) + c] * queries[(i / blocks * test.Dimension) + c]))
                .DefaultIfEmpty(double.NegativeInfinity).Max(), test)).Max(),
            Bytes = test.Bytes,
            Owned = [all, flags, uploaded, maxima],
        };
    });

    private static double Error(float best, double expected, SearchCase test) =>
        best == expected ? 0 : Math.Abs(best - expected) / VectorSearch.Bound(test.Dimension, SearchCases.LargestNorm * SearchCases.LargestNorm);

    private static IEnumerable<KernelCase> Searches(bool odd) => SearchCases.Real.Concat(odd ? SearchCases.Small : []).Select(test => new KernelCase(
        $"{test}",
        target =>
        {
            var device = target.Device;
            var (vectors, leftOut, queries) = test.Make();
            var all = device.Upload<float>(vectors);
            var flags = device.Upload<byte>(leftOut);
            SearchHit[][] found = [];
            return new PreparedCase
            {
                Run = () => found = VectorSearch.Run(
                    device,
                    new VectorSearchArgs { Vectors = all.View, LeftOut = flags.View, Count = test.Count, Dimension = test.Dimension, LargestNorm = SearchCases.LargestNorm },
                    queries, test.K),
                Verify = () => PreparedCase.Exact(found.Select((hits, i) => hits.SequenceEqual(VectorSearchReference.Run(
                    vectors, leftOut, test.Count, test.Dimension, queries.AsSpan(i * test.Dimension, test.Dimension), test.K))).All(same => same)),
                Flops = 2.0 * test.Count * test.Dimension * test.Queries,
                Bytes = test.Bytes,
                Owned = [all, flags],
            };
        })
    {
        Long = test.Count >= Million,
    });
}
