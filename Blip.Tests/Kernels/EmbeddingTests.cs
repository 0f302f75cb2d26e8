using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.Operators;
using Blip.Verification.References;

namespace Blip.Tests.Kernels;

public class EmbeddingTests
{
    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Ids_and_positions_outside_of_their_tables_read_the_nearest_row(string id)
    {
        using var device = Variants.Open(id);
        var test = new EmbeddingCase(1, 4, 3, 2, 2, Start: true);
        float[] table = [1, 2, 3, 4, 5, 6], positions = [10, 20, 30, 40];
        var inputs = new EmbeddingInputs([-1, 99, 2, 1], table, positions, [-1]);
        float[] expected = [11, 22, 15, 26, 35, 46, 33, 44];
        Assert.Equal(expected, new TokenEmbeddingOperator(test, inputs).Run(device));
        Assert.Equal(expected, TokenEmbeddingReference.Run(inputs.Ids, table, positions, inputs.Start, 4, 2).Select(sum => (float)sum));
    }

    [Fact]
    public void Ids_outside_of_the_vocabulary_are_refused_on_the_host()
    {
        TokenEmbedding.Validate([0, 5, 9], 10);
        Assert.Contains("Token 1 has the id 10", Assert.Throws<ArgumentException>(() => TokenEmbedding.Validate([0, 10], 10)).Message,
            StringComparison.Ordinal);
        Assert.Contains("id -1", Assert.Throws<ArgumentException>(() => TokenEmbedding.Validate([-1], 10)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Sizes_and_views_that_do_not_fit_are_refused()
    {
        using var device = Device.Open("cpu");
        using var x = device.Allocate<float>(64);
        using var ids = device.Allocate<int>(2);
        using var table = PackedWeights.Allocate(device, 5, 33, DType.Float32);
        var embedding = new TokenEmbeddingArgs { Ids = ids.View, Table = table, Positions = x.View, Output = x.View, Rows = 1, Tokens = 2 };
        Refused("Output holds 64", () => TokenEmbedding.Run(device, embedding));
        Refused("Ids holds 2", () => TokenEmbedding.Run(device, embedding with { Rows = 2 }));
        Refused("index holds 2", () => SelectToken.Run(device, x.View, ids.View, x.View, 3, 1, 1));
        using var values = device.Allocate<float>(60);
        var append = new AppendCacheArgs
        {
            Key = x.View, KeyStride = 4, Value = x.View, ValueStride = 4, KeyCache = x.View, ValueCache = values.View, Capacity = 4,
            Rows = 2, Tokens = 2, Width = 4,
        };
        AppendCache.Run(device, append);
        Refused("KeyStride is 3", () => AppendCache.Run(device, append with { KeyStride = 3 }));
        Refused("ValueStride is 4", () => AppendCache.Run(device, append with { ValueOffset = 1 }));
        Refused("Value holds 60", () => AppendCache.Run(device, append with { Value = values.View, ValueStride = 20 }));
        Refused("ValueCache holds 60", () => AppendCache.Run(device, append with { Capacity = 8 }));
        Refused("KeyCache holds 64", () => AppendCache.Run(device, append with { Capacity = 9 }));

        static void Refused(string message, Action run) =>
            Assert.Contains(message, Assert.Throws<ArgumentException>(run).Message, StringComparison.Ordinal);
    }
}
