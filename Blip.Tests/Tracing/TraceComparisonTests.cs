using Blip.Runtime.Checkpoints;
using Blip.Runtime.Tracing;

namespace Blip.Tests.Tracing;

public sealed class TraceComparisonTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(199_999)]
    public void The_largest_difference_is_found_in_every_piece_with_its_place(int at)
    {
        var values = Enumerable.Range(0, 200_000).Select(i => i % 2 == 0 ? 2f : -2f).ToArray();
        var changed = values.ToArray();
        changed[at] += 0.5f;
        using var first = folder.Write("a", changed, 2, 1000, 100);
        using var second = folder.Write("b", values, 2, 1000, 100);

        var tensor = Assert.Single(TraceComparison.Of(first, second).Tensors);

        Assert.True(tensor.Differs);
        Assert.Equal([at / 100_000, at / 100 % 1000, at % 100], tensor.Index);
        Assert.Equal((2, 0.25, 200_000), (tensor.Rms, tensor.Relative, tensor.Compared));
        Assert.Equal((changed[at], values[at]), tensor.Values);
    }

    [Fact]
    public void Equal_files_have_no_difference_and_a_tolerance_decides_where_one_begins()
    {
        using var first = folder.Write("a", [1, 1.01f], 2);
        using var second = folder.Write("b", [1, 1], 2);

        Assert.Null(TraceComparison.Of(second, second).First);
        Assert.NotNull(TraceComparison.Of(first, second).First);
        Assert.NotNull(TraceComparison.Of(first, second, 0.009).First);
        Assert.Null(TraceComparison.Of(first, second, 0.011).First);
    }

    [Fact]
    public void What_is_not_finite_in_one_file_alone_differs()
    {
        using var first = folder.Write("a", [1, float.NaN, float.NegativeInfinity, 1], 4);
        using var second = folder.Write("b", [1, float.NaN, float.NegativeInfinity, 1], 4);
        using var third = folder.Write("c", [1, 1, float.NegativeInfinity, 1], 4);

        var same = Assert.Single(TraceComparison.Of(first, second).Tensors);
        Assert.Equal((false, (2L, 2L)), (same.Differs, same.NotFinite));
        var other = Assert.Single(TraceComparison.Of(first, third).Tensors);
        Assert.Equal((true, (2L, 1L)), (other.Differs, other.NotFinite));
        Assert.Equal([1], other.Index);
    }

    [Fact]
    public void Another_shape_is_a_difference_with_its_reason()
    {
        using var first = folder.Write("a", new float[6], 2, 3);
        using var second = folder.Write("b", new float[6], 3, 2);

        Assert.Equal("the shapes are [2, 3] and [3, 2]", TraceComparison.Of(first, second).First!.Reason);
    }

    [Fact]
    public void Tensors_are_compared_in_the_order_in_which_a_model_computes_them()
    {
        string[] names =
        [
            "pixel_values", "input_ids", "vision.hidden.0", "vision.attention.0", "vision.hidden.1", "vision.hidden.10",
            "vision.last_hidden_state", "vision.pooler_output", "text.hidden.0", "cls.itm.hidden.2", "cls.itm.text", "cls.itm",
            "cls.itc.hidden.0", "cls.itc", "lm.hidden.0", "lm.cross_attention.0", "lm.hidden.1", "lm.logits", "greedy.logits",
            "sequences", "something",
        ];
        var tensors = new TraceRecording();
        foreach (var name in names.Reverse())
            tensors.Add(name, [1], 1);
        using var file = folder.Write("a", tensors);

        Assert.Equal(names, file.Names);
        Assert.Equal(names, TraceComparison.Of(file, file).Tensors.Select(tensor => tensor.Name));
    }

    [Theory]
    [InlineData("vision.hidden.0", "vision_model.embeddings")]
    [InlineData("vision.hidden.3", "vision_model.encoder.layers.2")]
    [InlineData("vision.attention.3", "vision_model.encoder.layers.3")]
    [InlineData("vision.last_hidden_state", "vision_model.post_layernorm")]
    [InlineData("text.hidden.2", "text_encoder.encoder.layer.1")]
    [InlineData("cls.itm.hidden.1", "text_encoder.encoder.layer.0")]
    [InlineData("enc.itm", "itm_head")]
    [InlineData("lm.hidden.0", "text_decoder.bert.embeddings")]
    [InlineData("lm.hidden.12", "text_decoder.bert.encoder.layer.11")]
    [InlineData("lm.logits", "text_decoder.cls")]
    public void A_tensor_names_the_module_that_computes_it(string name, string module) =>
        Assert.Equal(module, TracePlace.Module(name, head: null));

    [Fact]
    public void Decoders_are_compared_up_to_the_token_that_differs_and_it_is_named_with_its_logits()
    {
        using var first = Sequence("a", [0, 0, 1, 3], [[9, 0, 0, 0], [0, 5.01f, 5, 0], [0, 0, 0, 7], [0, 0, 0, 0]]);
        using var second = Sequence("b", [0, 0, 2], [[9, 0, 0, 0], [0, 5.0099f, 5.01f, 0], [0, 8, 0, 0]]);

        var comparison = TraceComparison.Of(first, second, 0.01);

        Assert.Equal("sequences", comparison.First!.Name);
        Assert.Equal((2, 1, 2), (comparison.Tokens!.Position, comparison.Tokens.First, comparison.Tokens.Second));
        Assert.Equal((5.0099f, 5.01f), comparison.Tokens.Logits);
        Assert.True(comparison.Tokens.IsNearTie);
        Assert.Equal(8, comparison.Tensors.Single(tensor => tensor.Name == "lm.logits").Compared);
    }

    [Fact]
    public void A_sequence_that_only_ends_earlier_is_a_difference()
    {
        using var first = Sequence("a", [0, 1], [[0, 9, 0, 0], [0, 0, 0, 5]]);
        using var second = Sequence("b", [0, 1, 3], [[0, 9, 0, 0], [0, 0, 0, 5], [0, 0, 0, 0]]);

        var comparison = TraceComparison.Of(first, second);

        Assert.Equal("sequences", comparison.First!.Name);
        Assert.Equal((2, null, 3), (comparison.Tokens!.Position, comparison.Tokens.First, comparison.Tokens.Second));
    }

    [Theory]
    [InlineData("fp32", "fp32", 1e-4, 1e-4)]
    [InlineData("fp16", "fp16", 2e-2, 2e-2)]
    [InlineData("int8", "fp32", 1e-4, 3e-1)]
    [InlineData("fp32", "bf16", 2e-1, 2e-1)]
    public void The_tolerance_is_that_of_the_coarsest_precision_on_the_way(string text, string encoder, double vision, double decoder)
    {
        var tensors = new TraceRecording();
        tensors.Add("vision.hidden.0", [1], 1);
        tensors.Add("lm.hidden.0", [1], 1);
        using var first = folder.Write("a", tensors, ("precision", text), ("encoder_precision", encoder));
        using var second = folder.Write("b", tensors);

        Assert.Equal([vision, decoder], TraceComparison.Of(first, second).Tensors.Select(tensor => tensor.Tolerance));
    }

    [Fact]
    public void What_one_file_alone_holds_is_told_and_nothing_in_common_is_refused()
    {
        var (both, other) = (new TraceRecording(), new TraceRecording());
        both.Add("pixel_values", [1], 1);
        both.Add("vision.hidden.0", [1], 1);
        other.Add("lm.logits", [1], 1);
        using var first = folder.Write("a", both);
        using var second = folder.Write("b", [1], 1);
        using var third = folder.Write("c", other);
        both.Add("vision.hidden.1", [1], 1);
        using var fourth = folder.Write("d", both);

        Assert.Equal(["pixel_values", "vision.hidden.0"], TraceComparison.Of(fourth, second).Alone.First);
        var refused = Assert.Throws<CheckpointException>(() => TraceComparison.Of(first, third));
        Assert.Contains("no tensor of one name", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_header_keeps_what_the_file_says_of_itself()
    {
        using var file = folder.Write("a", new TraceRecording(), ("head", "vqa"), ("text", "ein Bär?"), ("absent", null));

        Assert.True(file.Metadata.IsTrace);
        Assert.True(TraceFile.IsTrace(file.Path));
        Assert.Equal((BlipHead.VisualQuestionAnswering, "ein Bär?"), (file.Metadata.Head, file.Metadata.Values["text"]));
        Assert.False(file.Metadata.Values.ContainsKey("absent"));
        Assert.Equal("cat", file.Metadata.Words[2]);
    }

    private TraceFile Sequence(string name, int[] tokens, float[][] logits)
    {
        var tensors = new TraceRecording();
        tensors.AddIds("sequences", tokens);
        tensors.Add("lm.logits", [.. logits.SelectMany(row => row)], 1, logits.Length, logits[0].Length);
        return folder.Write(name, tensors);
    }
}
