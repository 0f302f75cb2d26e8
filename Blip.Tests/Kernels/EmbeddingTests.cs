using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Tests.Cases;

namespace Blip.Tests.Kernels;

public class EmbeddingTests
{
    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_token_becomes_its_word_and_its_position(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in EmbeddingCases.All)
        {
            var random = new Random(test.Hidden);
            // Eighths, which every format holds exactly.
            var table = Values(random, test.Vocabulary * test.Hidden).Select(value => MathF.Round(value * 8) / 8).ToArray();
            var positions = Values(random, test.MaxPositions * test.Hidden);
            var ids = Enumerable.Range(0, test.Rows * test.Tokens).Select(i => i == 0 ? test.Vocabulary - 1 : random.Next(test.Vocabulary)).ToArray();
            var start = Enumerable.Range(0, test.Rows).Select(row => test.Start ? Math.Max(0, test.MaxPositions - test.Tokens - row) : 0).ToArray();
            var actual = Embed(device, id, test, ids, table, positions, test.Start ? start : []);
            for (var i = 0; i < actual.Length; i++)
            {
                var (row, token, c) = (i / test.Hidden / test.Tokens, i / test.Hidden % test.Tokens, i % test.Hidden);
                var expected = table[(ids[i / test.Hidden] * test.Hidden) + c] + positions[((start[row] + token) * test.Hidden) + c];
                Assert.True(expected == actual[i], $"{test} on {id}: element {i} is {actual[i]}, not {expected}");
            }
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Ids_and_positions_outside_of_their_tables_read_the_nearest_row(string id)
    {
        using var device = Variants.Open(id);
        var test = new EmbeddingCase(1, 4, 3, 2, 2, Start: true);
        float[] table = [1, 2, 3, 4, 5, 6], positions = [10, 20, 30, 40];
        Assert.Equal([11f, 22, 15, 26, 35, 46, 33, 44], Embed(device, id, test, [-1, 99, 2, 1], table, positions, [-1]));
    }

    [Fact]
    public void Ids_outside_of_the_vocabulary_are_refused_on_the_host()
    {
        TokenEmbedding.Validate([0, 5, 9], 10);
        Assert.Contains("Token 1 has the id 10", Assert.Throws<ArgumentException>(() => TokenEmbedding.Validate([0, 10], 10)).Message, StringComparison.Ordinal);
        Assert.Contains("id -1", Assert.Throws<ArgumentException>(() => TokenEmbedding.Validate([-1], 10)).Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void One_token_of_each_row_is_selected(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in EmbeddingCases.All)
        {
            var random = new Random(1);
            var x = Values(random, test.Rows * test.Tokens * test.Hidden);
            var index = Enumerable.Range(0, test.Rows).Select(_ => random.Next(test.Tokens)).ToArray();
            using var xs = device.Upload<float>(x);
            using var indices = device.Upload<int>(index);
            using var y = device.Allocate<float>(test.Rows * test.Hidden);
            SelectToken.Run(device, xs.View, indices.View, y.View, test.Rows, test.Tokens, test.Hidden, 0, Variants.Portable(id));
            var expected = index.SelectMany((token, row) => x.AsSpan(((row * test.Tokens) + token) * test.Hidden, test.Hidden).ToArray());
            Assert.Equal(expected, y.ToArray());
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void New_keys_go_to_their_rows_positions_and_nothing_else_changes(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in EmbeddingCases.All)
        {
            var random = new Random(2);
            int cacheRows = test.Rows + 2, capacity = test.Tokens + 3, stride = (3 * test.Hidden) + 1;
            var source = Values(random, test.Rows * test.Tokens * stride);
            var cache = Values(random, cacheRows * capacity * test.Hidden);
            // The last row runs over the end of its cache row, where there are several.
            int[] start = test.Start ? [.. Enumerable.Range(0, test.Rows).Select(row => row == test.Rows - 1 ? capacity - 1 : row % 3)] : [];
            int[] writeRow = test.Start ? [.. Enumerable.Range(0, cacheRows).OrderBy(_ => random.Next()).Take(test.Rows)] : [];
            using var sources = device.Upload<float>(source);
            using var caches = device.Upload<float>(cache);
            using var starts = device.Upload<int>(start);
            using var writeRows = device.Upload<int>(writeRow);
            var args = new AppendCacheArgs
            {
                Source = sources.View,
                SourceStride = stride,
                SourceOffset = test.Hidden,
                Cache = caches.View,
                Capacity = capacity,
                Start = starts.View,
                WriteRow = writeRows.View,
                Rows = test.Rows,
                Tokens = test.Tokens,
                Width = test.Hidden,
            };
            AppendCache.Run(device, args, Variants.Portable(id));
            for (var token = 0; token < test.Rows * test.Tokens; token++)
            {
                var row = token / test.Tokens;
                var position = (test.Start ? start[row] : 0) + (token % test.Tokens);
                if (position < capacity)
                    source.AsSpan((token * stride) + test.Hidden, test.Hidden).CopyTo(cache.AsSpan((((test.Start ? writeRow[row] : row) * capacity) + position) * test.Hidden));
            }
            Assert.Equal(cache, caches.ToArray());
        }
    }

    [Fact]
    public void Sizes_and_views_that_do_not_fit_are_refused()
    {
        using var device = Device.Open("cpu");
        using var x = device.Allocate<float>(64);
        using var ids = device.Allocate<int>(2);
        using var table = PackedWeights.Allocate(device, 5, 33, WeightFormat.Float32);
        var embedding = new TokenEmbeddingArgs { Ids = ids.View, Table = table, Positions = x.View, Output = x.View, Rows = 1, Tokens = 2 };
        Refused("Output holds 64", () => TokenEmbedding.Run(device, embedding));
        Refused("Ids holds 2", () => TokenEmbedding.Run(device, embedding with { Rows = 2 }));
        Refused("index holds 2", () => SelectToken.Run(device, x.View, ids.View, x.View, 3, 1, 1));
        var append = new AppendCacheArgs { Source = x.View, SourceStride = 4, Cache = x.View, Capacity = 4, Rows = 2, Tokens = 2, Width = 4 };
        AppendCache.Run(device, append);
        Refused("SourceStride is 3", () => AppendCache.Run(device, append with { SourceStride = 3 }));
        Refused("Cache holds 64", () => AppendCache.Run(device, append with { Capacity = 9 }));

        static void Refused(string message, Action run) => Assert.Contains(message, Assert.Throws<ArgumentException>(run).Message, StringComparison.Ordinal);
    }

    private static float[] Embed(Device device, string id, EmbeddingCase test, int[] ids, float[] words, float[] positions, int[] start)
    {
        using var idsThere = device.Upload<int>(ids);
        using var table = PackedWeights.Allocate(device, test.Vocabulary, test.Hidden, test.Format);
        table.Fill(0, words);
        table.Upload();
        using var positionsThere = device.Upload<float>(positions);
        using var starts = device.Upload<int>(start);
        using var output = device.Allocate<float>(ids.Length * test.Hidden);
        var args = new TokenEmbeddingArgs
        {
            Ids = idsThere.View,
            Table = table,
            Positions = positionsThere.View,
            Start = starts.View,
            Output = output.View,
            Rows = test.Rows,
            Tokens = test.Tokens,
        };
        TokenEmbedding.Run(device, args, Variants.Portable(id));
        return output.ToArray();
    }

    private static float[] Values(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (float)random.NextDouble())];
}
