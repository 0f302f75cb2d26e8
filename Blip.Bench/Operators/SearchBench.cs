using Blip.Bench.Measuring;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Tests.Cases;

namespace Blip.Bench.Operators;

/// <summary>The first of many vectors, found exactly.</summary>
internal static class SearchBench
{
    private const int Million = 1_000_000;

    public static IEnumerable<KernelCase> Cases(bool odd) => SearchCases.Real.Concat(odd ? SearchCases.Small : []).Select(test => new KernelCase(
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
