using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.References;
using ILGPU;

namespace Blip.Tests.Kernels;

public class VectorSearchTests
{
    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_query_finds_the_same_alone_and_in_company(string id)
    {
        if (id == "portable")
            FullRun.Only();
        using var device = Variants.Open(id);
        var test = new SearchCase(3001, 255, 9, 12, SearchValues.NearTies);
        var (vectors, leftOut, queries) = test.Make();
        var together = Run(device, id, test, vectors, leftOut, queries);
        for (var i = 0; i < test.Queries; i++)
            Assert.Equal(together[i], Run(
                device, id, test, vectors, leftOut, queries[(i * test.Dimension)..((i + 1) * test.Dimension)])[0]);
    }

    // The cases mean something: floats alone put these in another order, on every variant.
    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Near_ties_are_beyond_what_floats_can_tell(string id)
    {
        using var device = Variants.Open(id);
        var test = new SearchCase(3000, 256, 1, 10, SearchValues.NearTies);
        var (vectors, leftOut, queries) = test.Make();
        var expected = VectorSearchReference.Run(vectors, leftOut, test.Count, test.Dimension, queries, test.Count);
        Assert.True(expected[0].Score - expected[^1].Score < VectorSearch.Bound(256, SearchCases.LargestNorm));
        Assert.True(expected[0].Score > expected[9].Score);
        Assert.Equal(expected.Take(10), Run(device, id, test, vectors, leftOut, queries)[0]);
    }

    // γₙ holds for every order of the sum; the worst of many is to come near enough to show that it is no empty promise.
    [Fact]
    public void The_bound_holds_for_sums_in_any_order()
    {
        var random = new Random(5);
        var worst = 0.0;
        for (var round = 0; round < 2000; round++)
        {
            var n = 1 + random.Next(300);
            float[] a = [.. Enumerable.Range(0, n).Select(_ => (float)(random.NextDouble() + 0.5))],
                b = [.. a.Select(_ => (float)(random.NextDouble() + 0.5))];
            double exact = 0, norms = Math.Sqrt(a.Sum(x => (double)x * x)) * Math.Sqrt(b.Sum(x => (double)x * x));
            var sum = 0f;
            foreach (var i in Enumerable.Range(0, n).OrderBy(_ => random.Next()))
            {
                exact += (double)a[i] * b[i];
                sum += a[i] * b[i];
            }
            worst = Math.Max(worst, Math.Abs(sum - exact) / VectorSearch.Bound(n, norms));
        }
        Assert.InRange(worst, 0.05, 1);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var device = Device.Open("cpu");
        using var vectors = device.Allocate<float>(12);
        string Refused(Func<VectorSearchArgs, VectorSearchArgs> change, float[] queries, int k = 1)
        {
            var args = change(new VectorSearchArgs { Vectors = vectors.View, Count = 3, Dimension = 4, LargestNorm = 1 });
            return Assert.Throws<ArgumentException>(() => VectorSearch.Run(device, args, queries, k)).Message;
        }
        Assert.Contains("Vectors holds 12 elements", Refused(args => args with { Count = 4 }, [1, 2, 3, 4]), StringComparison.Ordinal);
        Assert.Contains("Dimension is 0", Refused(args => args with { Dimension = 0 }, [1, 2, 3, 4]), StringComparison.Ordinal);
        Assert.Contains("Count is -1", Refused(args => args with { Count = -1 }, [1, 2, 3, 4]), StringComparison.Ordinal);
        Assert.Contains("k is 0", Refused(args => args, [1, 2, 3, 4], 0), StringComparison.Ordinal);
        Assert.Contains("no vectors of 4", Refused(args => args, [1, 2, 3]), StringComparison.Ordinal);
        Assert.Contains("query 1 holds values that are not finite", Refused(args => args, [1, 2, 3, 4, 1, float.NaN, 0, 0]),
            StringComparison.Ordinal);
        Assert.Contains("query 0 holds values that are not finite", Refused(args => args, [1, 2, 3, float.PositiveInfinity]),
            StringComparison.Ordinal);
        Assert.Contains("LargestNorm is 0", Refused(args => args with { LargestNorm = 0 }, [1, 2, 3, 4]), StringComparison.Ordinal);
        using var flags = device.Allocate<byte>(2);
        Assert.Contains("LeftOut holds 2", Refused(args => args with { LeftOut = flags.View }, [1, 2, 3, 4]), StringComparison.Ordinal);
    }

    private static SearchHit[][] Run(Device device, string id, SearchCase test, float[] vectors, byte[] leftOut, float[] queries)
    {
        using var uploaded = device.Upload<float>(vectors);
        using var flags = device.Upload<byte>(leftOut);
        var args = new VectorSearchArgs
        {
            Vectors = uploaded.View,
            LeftOut = flags.View,
            Count = test.Count,
            Dimension = test.Dimension,
            LargestNorm = SearchCases.LargestNorm,
        };
        return VectorSearch.Run(device, args, queries, test.K);
    }
}
