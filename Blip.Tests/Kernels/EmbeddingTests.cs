using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Tests.Kernels;

public class EmbeddingTests
{
    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_token_becomes_its_word_and_its_position(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in EmbeddingCases.All)
        {
            var inputs = test.Make();
            var expected = TokenEmbeddingReference.Run(inputs.Ids, inputs.Table, inputs.Positions, inputs.Start, test.Tokens, test.Hidden);
            Assert.True(expected.Select(sum => (float)sum).SequenceEqual(Embed(device, id, test, inputs)), $"{test} on {id}");
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Ids_and_positions_outside_of_their_tables_read_the_nearest_row(string id)
    {
        using var device = Variants.Open(id);
        var test = new EmbeddingCase(1, 4, 3, 2, 2, Start: true);
        float[] table = [1, 2, 3, 4, 5, 6], positions = [10, 20, 30, 40];
        var inputs = new EmbeddingInputs([-1, 99, 2, 1], table, positions, [-1]);
        float[] expected = [11, 22, 15, 26, 35, 46, 33, 44];
        Assert.Equal(expected, Embed(device, id, test, inputs));
        Assert.Equal(expected, TokenEmbeddingReference.Run(inputs.Ids, table, positions, inputs.Start, 4, 2).Select(sum => (float)sum));
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
            var x = EmbeddingCases.Values(random, test.Rows * test.Tokens * test.Hidden);
            var index = Enumerable.Range(0, test.Rows).Select(_ => random.Next(test.Tokens)).ToArray();
            using var xs = device.Upload<float>(x);
            using var indices = device.Upload<int>(index);
            using var y = device.Allocate<float>(test.Rows * test.Hidden);
            SelectToken.Run(device, xs.View, indices.View, y.View, test.Rows, test.Tokens, test.Hidden, 0, Variants.Portable(id));
            Assert.Equal(SelectTokenReference.Run(x, index, test.Rows, test.Tokens, test.Hidden, 0), y.ToArray());
            SelectToken.Run(device, xs.View, indices.View, y.View, test.Rows, test.Tokens, test.Hidden, -1, Variants.Portable(id));
            Assert.Equal(SelectTokenReference.Run(x, index, test.Rows, test.Tokens, test.Hidden, -1), y.ToArray());
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void New_keys_and_values_go_to_their_rows_positions_and_nothing_else_changes(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in EmbeddingCases.All)
        {
            using var data = new AppendCacheData(device, test);
            AppendCache.Run(device, data.Args, Variants.Portable(id));
            Assert.Equal(data.ExpectedKeys, data.Keys());
            Assert.Equal(data.ExpectedValues, data.Values());
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
        using var values = device.Allocate<float>(60);
        var append = new AppendCacheArgs
        {
            Key = x.View, KeyStride = 4, Value = x.View, ValueStride = 4, KeyCache = x.View, ValueCache = values.View, Capacity = 4, Rows = 2, Tokens = 2, Width = 4,
        };
        AppendCache.Run(device, append);
        Refused("KeyStride is 3", () => AppendCache.Run(device, append with { KeyStride = 3 }));
        Refused("ValueStride is 4", () => AppendCache.Run(device, append with { ValueOffset = 1 }));
        Refused("Value holds 60", () => AppendCache.Run(device, append with { Value = values.View, ValueStride = 20 }));
        Refused("ValueCache holds 60", () => AppendCache.Run(device, append with { Capacity = 8 }));
        Refused("KeyCache holds 64", () => AppendCache.Run(device, append with { Capacity = 9 }));

        static void Refused(string message, Action run) => Assert.Contains(message, Assert.Throws<ArgumentException>(run).Message, StringComparison.Ordinal);
    }

    private static float[] Embed(Device device, string id, EmbeddingCase test, EmbeddingInputs inputs)
    {
        using var data = new TokenEmbeddingData(device, test, inputs);
        TokenEmbedding.Run(device, data.Args, Variants.Portable(id));
        return data.Output();
    }
}
