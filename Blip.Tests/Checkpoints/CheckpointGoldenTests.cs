using Blip.Runtime.Checkpoints;

namespace Blip.Tests.Checkpoints;

/// <summary>One small captioner in every container and naming that users meet, and the files that must be refused.</summary>
public class CheckpointGoldenTests
{
    private static readonly BlipConfig Config = BlipConfig.Load(Goldens.PathOf("config.json"));

    public static TheoryData<string> Valid() => Goldens.Names("same", "untied");

    public static TheoryData<string> Invalid() => Goldens.Names("error");

    [Fact]
    public void Every_golden_is_used() => Assert.Equal((15, 30), (Valid().Count, Invalid().Count));

    [Theory, MemberData(nameof(Valid))]
    public void A_valid_file_gives_the_synthetic_weights(string name)
    {
        var golden = Goldens.Read("checkpoints", "expected.json").GetProperty(name);
        using var file = new Checkpoint(TensorFiles.Open(Goldens.PathOf(name)), Config, BlipHead.Captioning);
        using var synthetic = new Checkpoint(new SyntheticTensorSource(Config, BlipHead.Captioning), Config, BlipHead.Captioning);
        var untied = golden.GetProperty("expect").GetString() == "untied";
        Assert.Equal(!untied, file.HasTiedOutput);
        Assert.Equal(name.StartsWith("extra-key", StringComparison.Ordinal) ? ["text_decoder.surprise"] : [], file.ExtraKeys);
        Assert.Equal(93, file.Keys.Count);
        foreach (var key in file.Keys)
        {
            var expected = synthetic.ReadAll(key);
            if (untied && key == "text_decoder.cls.predictions.decoder.weight")
                SyntheticTensors.Fill("untied:" + key, 0, 1 / Math.Sqrt(32), expected);
            Assert.Equal(Cast(expected, golden.GetProperty("dtype").GetString()!), file.ReadAll(key));
        }
    }

    [Theory, MemberData(nameof(Invalid))]
    public void An_invalid_file_is_refused_by_name_with_little_memory(string name)
    {
        var path = Goldens.PathOf(name);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<CheckpointException>(() => new Checkpoint(TensorFiles.Open(path), Config, BlipHead.Captioning));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
        Assert.StartsWith(path, error.Message);
    }

    [Theory]
    [InlineData("bad-empty.bin", "empty")]
    [InlineData("bad-html.bin", "web page")]
    [InlineData("bad-lfs-pointer.bin", "Git LFS pointer")]
    [InlineData("bad-truncated.bin", "cut short")]
    [InlineData("bad-code-0.bin", "system'")]
    [InlineData("bad-code-1.bin", "eval'")]
    [InlineData("bad-code-2.bin", "getattr'")]
    [InlineData("bad-code-3.bin", "execv'")]
    [InlineData("bad-memo.bin", "memo's slot 99")]
    [InlineData("bad-deep.bin", "nested more than 1000")]
    [InlineData("bad-cycle.bin", "no dict of tensors")]
    [InlineData("bad-missing-storage.bin", "storage '0'")]
    [InlineData("bad-short-storage.bin", "needs 24 bytes of its storage, which holds 20")]
    [InlineData("bad-huge-shape.bin", "[2147483647, 2147483647]")]
    [InlineData("bad-header-length.safetensors", "1152921504606846976")]
    [InlineData("bad-header-100mb.safetensors", "100000001")]
    [InlineData("bad-json.safetensors", "JSON")]
    [InlineData("bad-out-of-range.safetensors", "0 to 16 of 8")]
    [InlineData("bad-overlap.safetensors", "'a' and 'b' share")]
    [InlineData("bad-hole.safetensors", "8 bytes before the tensor 'b'")]
    [InlineData("bad-reversed.safetensors", "8 to 0")]
    [InlineData("bad-size.safetensors", "shape [3]")]
    [InlineData("bad-overflow.safetensors", "[4294967296, 4294967296]")]
    [InlineData("bad-negative.safetensors", "whole numbers from 0")]
    [InlineData("bad-dtype.safetensors", "'F99'")]
    [InlineData("bad-duplicate.safetensors", "'a' twice")]
    [InlineData("bad-array.safetensors", "no JSON object")]
    [InlineData("bad-deep.safetensors", "'a' is no JSON object")]
    [InlineData("bad-missing-key.safetensors", "vision_model.post_layernorm.weight")]
    [InlineData("bad-wrong-shape.safetensors", "'vision_model.post_layernorm.weight' has the shape [31] where the config wants [32]")]
    public void The_error_says_what_is_wrong(string name, string reason)
    {
        var error = Assert.Throws<CheckpointException>(
            () => new Checkpoint(TensorFiles.Open(Goldens.PathOf(name)), Config, BlipHead.Captioning));
        Assert.Contains(reason, error.Message);
        Assert.False(File.Exists("pwned"));
    }

    private static float[] Cast(float[] values, string type) => type switch
    {
        "float16" => [.. values.Select(value => (float)(Half)value)],
        "bfloat16" => [.. values.Select(RoundToBFloat16)],
        _ => values,
    };

    private static float RoundToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000);
    }
}
