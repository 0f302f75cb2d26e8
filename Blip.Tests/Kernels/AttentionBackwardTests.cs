using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.Operators;
using ILGPU.Runtime;

namespace Blip.Tests.Kernels;

/// <summary>
/// Bits of attention's gradients: their dependences. <see cref="OperatorTests"/> hold them to their formulas.
/// </summary>
public class AttentionBackwardTests
{
    private const int Heads = 2, HeadDim = 12, Width = Heads * HeadDim;

    // Keys that one pass of the forward run covers.
    private const int MostInOneSpan = 640;

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Padding_behind_a_texts_end_changes_no_bits_of_its_gradients(string id)
    {
        using var device = Variants.Open(id);
        foreach (var isCausal in new[] { false, true })
        {
            var expected = OfText(device, 9, isCausal, padTo: 9);
            foreach (var tokens in new[] { 12, 20, 67 })
            {
                var padded = OfText(device, 9, isCausal, tokens);
                Assert.Equal(expected, padded[..expected.Length]);
                Assert.All(padded[expected.Length..], value => Assert.Equal(0, value));
            }
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Padding_behind_a_text_changes_no_bits_of_an_images_gradients(string id)
    {
        using var device = Variants.Open(id);
        var images = Values(2 * 70 * 2 * Width, 3);
        var expected = OfImages(device, images, padTo: 9);
        Assert.Equal(expected, OfImages(device, images, padTo: 12));
        Assert.Equal(expected, OfImages(device, images, padTo: 50));
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_row_has_the_same_gradients_alone_and_in_a_batch(string id)
    {
        using var device = Variants.Open(id);
        var test = new AttentionCase("batch", 3, 13, 13, Heads, HeadDim) { Packed = true, Causal = true, Padding = Padding.Ragged };
        using var whole = new AttentionBackwardData(device, test);
        AttentionBackward.Run(device, whole.Args);
        var expected = whole.Read()[..(int)whole.Args.QueryGradient.Length];
        var perRow = expected.Length / test.Rows;
        for (var row = 0; row < test.Rows; row++)
        {
            using var gradient = device.Allocate<float>(perRow);
            var forward = whole.Args.Forward;
            forward.Query = forward.Key = forward.Value = forward.Query.SubView(row * perRow, perRow);
            forward.Mask = forward.Mask.SubView(row * test.KeyTokens, test.KeyTokens);
            forward.Rows = 1;
            AttentionBackward.Run(device, whole.Args with
            {
                Forward = forward,
                OutputGradient = whole.Args.OutputGradient.SubView(row * perRow / 3, perRow / 3),
                QueryGradient = gradient.View,
                KeyGradient = gradient.View,
                ValueGradient = gradient.View,
            });
            Assert.Equal(expected[(row * perRow)..((row + 1) * perRow)], gradient.ToArray());
        }
    }

    [Fact]
    public void One_thread_gives_the_bits_of_two()
    {
        using var alone = Device.Open("cpu", new DeviceOptions { Threads = 1 });
        using var together = Device.Open("cpu", new DeviceOptions { Threads = 2 });
        foreach (var test in BackwardCases.SmallAttentions)
            Assert.Equal(Run(alone, test), Run(together, test));

        static float[] Run(Device device, AttentionCase test)
        {
            using var data = new AttentionBackwardData(device, test);
            AttentionBackward.Run(device, data.Args);
            return data.Read();
        }
    }

    [Theory, InlineData("cpu"), InlineData("avx2"), InlineData("vector128")]
    public void Weights_computed_again_have_the_bits_of_stored_ones(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in BackwardCases.SmallAttentions.Concat(AttentionCases.Small))
        {
            if (test.KeyRows == KeyRows.Shuffled || test.KeyTokens > MostInOneSpan)
                continue;
            using var data = new AttentionBackwardData(device, test with { Probabilities = true });
            Attention.Run(device, data.Args.Forward);
            AttentionBackward.Run(device, data.Args);
            var expected = data.Read();
            AttentionBackward.Run(device, data.Args with { Forward = data.Args.Forward with { Probabilities = default } });
            Assert.Equal(expected, data.Read());
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Gradients_are_written_and_what_is_not_theirs_is_left(string id)
    {
        const float before = 7;
        using var device = Variants.Open(id);
        // Rows 3 and up of the keys have no reader; each row has two spare tokens.
        var test = BackwardCases.SmallAttentions.Single(test => test.Name == "texts on images, interleaved");
        using var data = new AttentionBackwardData(device, test);
        AttentionBackward.Run(device, data.Args);
        var expected = data.Read();
        foreach (var view in new[] { data.Args.QueryGradient, data.Args.KeyGradient, data.Args.ValueGradient })
            view.CopyFromCPU(device.Stream, Enumerable.Repeat(before, (int)view.Length).ToArray());
        AttentionBackward.Run(device, data.Args);
        var written = data.Read();

        var (queries, token) = ((int)data.Args.QueryGradient.Length, test.Heads * test.HeadDim);
        for (var i = 0; i < expected.Length; i++)
        {
            var isSpare = i >= queries && (i - queries) / token % (test.KeyTokens + test.Spare) >= test.KeyTokens;
            Assert.Equal(isSpare ? before : expected[i], written[i]);
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_query_that_is_no_number_reaches_its_own_rows_gradients_alone(string id)
    {
        using var device = Variants.Open(id);
        using var data = new AttentionBackwardData(device, new AttentionCase("not a number", 2, 5, 70, Heads, HeadDim));
        AttentionBackward.Run(device, data.Args);
        var clean = data.Read();
        data.Args.Forward.Query.SubView(0, 1).CopyFromCPU(device.Stream, [float.NaN]);
        AttentionBackward.Run(device, data.Args);
        var spoiled = data.Read();

        Assert.Contains(spoiled, float.IsNaN);
        var (queries, keys) = (5 * Width, 70 * Width);
        foreach (var (from, length) in new[] { (0, queries), (2 * queries, keys), (2 * (queries + keys), keys) })
        {
            Assert.Contains(spoiled[from..(from + length)], float.IsNaN);
            Assert.Equal(clean[(from + length)..(from + (2 * length))], spoiled[(from + length)..(from + (2 * length))]);
        }
    }

    // Gradients of packed queries, keys and values; a padded token's values are not 0.
    private static float[] OfText(Device device, int tokens, bool isCausal, int padTo)
    {
        using var values = device.Upload<float>(Values(padTo * 3 * Width, 1));
        using var outputGradient = device.Upload<float>(Padded(Values(tokens * Width, 2), padTo * Width));
        using var mask = device.Upload<int>([.. Enumerable.Range(0, padTo).Select(token => token < tokens ? 1 : 0)]);
        using var gradient = device.Allocate<float>(values.Length);
        AttentionBackward.Run(device, new AttentionBackwardArgs
        {
            Forward = Sizes(1, padTo, padTo, 3 * Width) with
            {
                Query = values.View,
                Key = values.View,
                Value = values.View,
                Mask = mask.View,
                KeyOffset = Width,
                ValueOffset = 2 * Width,
                QueryStride = 3 * Width,
                Causal = isCausal,
            },
            OutputGradient = outputGradient.View,
            QueryGradient = gradient.View,
            KeyGradient = gradient.View,
            ValueGradient = gradient.View,
        });
        return gradient.ToArray();
    }

    // Gradients of the keys and values that 4 texts of 9 tokens share.
    private static float[] OfImages(Device device, float[] images, int padTo)
    {
        const int texts = 4, tokens = 9;
        using var values = device.Upload<float>(images);
        using var query = device.Upload<float>(ByText(1, padding: 5));
        using var outputGradient = device.Upload<float>(ByText(2, padding: 0));
        using var keyRow = device.Upload<int>([1, 0, 1, 1]);
        using var gradient = device.Allocate<float>(images.Length);
        AttentionBackward.Run(device, new AttentionBackwardArgs
        {
            Forward = Sizes(texts, padTo, 70, 2 * Width) with
            {
                Query = query.View,
                Key = values.View,
                Value = values.View,
                KeyRow = keyRow.View,
                ValueOffset = Width,
                QueryStride = Width,
            },
            OutputGradient = outputGradient.View,
            KeyGradient = gradient.View,
            ValueGradient = gradient.View,
        });
        return gradient.ToArray();

        float[] ByText(int seed, float padding) =>
            [.. Enumerable.Range(0, texts).SelectMany(text => Padded(Values(tokens * Width, seed + (10 * text)), padTo * Width, padding))];
    }

    private static AttentionArgs Sizes(int rows, int queries, int keys, int keyStride) => new()
    {
        Rows = rows,
        QueryTokens = queries,
        KeyTokens = keys,
        KeyCapacity = keys,
        Heads = Heads,
        HeadDim = HeadDim,
        Scale = 1 / MathF.Sqrt(HeadDim),
        KeyStride = keyStride,
        ValueStride = keyStride,
    };

    // The first values are the same, however many.
    private static float[] Values(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
    }

    private static float[] Padded(float[] values, int length, float padding = 0) =>
        [.. values, .. Enumerable.Repeat(padding, length - values.Length)];
}
