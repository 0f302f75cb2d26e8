using Blip.Runtime.Checkpoints;

namespace Blip.Tests.Checkpoints;

public class SyntheticTensorsTests
{
    [Fact]
    public void The_reference_made_the_same_weights()
    {
        using var reference = new SafetensorsFile(Goldens.PathOf("tied-float32.safetensors"));
        using var ours = new SyntheticTensorSource(SyntheticModels.Config("tiny-square"), BlipHead.Captioning);
        Assert.Equal(reference.Keys.Order(StringComparer.Ordinal), ours.Keys.Order(StringComparer.Ordinal));
        Assert.All(ours.Keys, key =>
        {
            Assert.Equal(reference.Get(key).Shape, ours.Get(key).Shape);
            Assert.Equal(reference.ReadAll(key), ours.ReadAll(key));
        });
    }

    [Fact]
    public void The_salt_makes_other_weights()
    {
        using var reference = new SafetensorsFile(Goldens.PathOf("untied.safetensors"));
        const string Key = "text_decoder.cls.predictions.decoder.weight";
        var (offset, scale) = SyntheticTensors.Rule(Key, reference.Get(Key).Shape);
        var ours = new float[reference.Get(Key).ElementCount];
        SyntheticTensors.Fill("untied:" + Key, offset, scale, ours);
        Assert.Equal(reference.ReadAll(Key), ours);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 15)]
    [InlineData(7, 1000)]
    [InlineData(65535, 3)]
    [InlineData(100_000, 200_001)]
    public void Any_run_equals_that_part_of_the_whole(int first, int count)
    {
        var whole = new float[300_001];
        SyntheticTensors.Fill("pixel_values", 0.1, 1, whole);
        var part = new float[count];
        SyntheticTensors.Fill("pixel_values", 0.1, 1, part, first);
        Assert.Equal(whole[first..(first + count)], part);
    }

    [Fact]
    public void Every_number_is_the_rules_in_double_precision()
    {
        const string Name = "vision_model.embeddings.class_embedding";
        var numbers = new float[100];
        SyntheticTensors.Fill(Name, -0.25, 0.7, numbers);
        var hash = Name.Aggregate(0xCBF29CE484222325, (h, c) => (h ^ c) * 0x100000001B3);
        for (var i = 0; i < numbers.Length; i++)
        {
            var z = hash + (ulong)(i + 1) * 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            z ^= z >> 31;
            Assert.Equal((float)(-0.25 + 0.7 * Math.Sqrt(3) * (2 * (z >> 40) / 16777216.0 - 1)), numbers[i]);
        }
    }

    [Theory]
    [InlineData("logit_scale", new long[0], 2.6592, 0)]
    [InlineData("text_decoder.bert.embeddings.LayerNorm.weight", new long[] { 768 }, 1, 0.1)]
    [InlineData("vision_model.post_layernorm.weight", new long[] { 768 }, 1, 0.1)]
    [InlineData("vision_model.encoder.layers.0.layer_norm1.weight", new long[] { 768 }, 1, 0.1)]
    [InlineData("itm_head.bias", new long[] { 2 }, 0, 0.05)]
    [InlineData("text_encoder.embeddings.word_embeddings.weight", new long[] { 30524, 768 }, 0, 0.1)]
    [InlineData("text_encoder.embeddings.position_embeddings.weight", new long[] { 512, 768 }, 0, 0.2)]
    [InlineData("vision_model.embeddings.position_embedding", new long[] { 1, 577, 768 }, 0, 0.2)]
    [InlineData("vision_model.encoder.layers.0.self_attn.qkv.weight", new long[] { 48, 16 }, 0, 0.4)]
    [InlineData("text_encoder.encoder.layer.0.output.dense.weight", new long[] { 4, 64 }, 0, 0.05)]
    [InlineData("vision_model.embeddings.patch_embedding.weight", new long[] { 8, 4, 2, 2 }, 0, 0.25)]
    public void Offset_and_scale_follow_from_name_and_shape(string name, long[] shape, double offset, double scale) =>
        Assert.Equal((offset, scale), SyntheticTensors.Rule(name, shape));
}
