using Blip.Kernels;
using Blip.Runtime.Checkpoints;

namespace Blip.Tests.Checkpoints;

/// <summary>Checkpoints as other tools leave them: wrapped names, 8-bit weights, adapters; and files that are no checkpoints.</summary>
public sealed class ForeignFilesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("module.")]
    [InlineData("_orig_mod.")]
    [InlineData("model.")]
    [InlineData("module._orig_mod.")]
    public void A_prefix_that_all_names_share_is_taken_off_and_told(string prefix)
    {
        using var tensors = TensorFiles.Open(Safetensors(prefix + "visual_encoder.cls_token", prefix + "text_decoder.x"));

        Assert.Equal(["text_decoder.x", "vision_model.embeddings.class_embedding"], tensors.Keys.Order());
        Assert.Contains($"'{prefix}'", Assert.Single(tensors.Notices), StringComparison.Ordinal);
        Assert.Equal([0f], tensors.ReadAll("text_decoder.x"));
    }

    [Fact]
    public void A_prefix_that_some_names_lack_stays()
    {
        using var tensors = TensorFiles.Open(Safetensors("module.a", "b"));

        Assert.Equal(["b", "module.a"], tensors.Keys.Order());
        Assert.Empty(tensors.Notices);
    }

    [Fact]
    public void An_adapter_in_a_models_place_is_named()
    {
        folder.Write("adapter/adapter_config.json", "{}");
        var name = Path.Combine(folder.Path, "adapter");
        Assert.Contains("--adapter", Assert.Throws<CheckpointException>(() => ModelSource.Resolve(name)).Message, StringComparison.Ordinal);

        var file = Safetensors("base_model.model.text_decoder.x.lora_A.weight", "base_model.model.text_decoder.x.lora_B.weight");
        Assert.Contains("adapter of the PEFT library", Assert.Throws<CheckpointException>(() => TensorFiles.Open(file)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_of_8_bits_are_read()
    {
        var path = Path.Combine(folder.Path, "f8.safetensors");
        using (var file = File.Create(path))
        {
            SafetensorsWriter.WriteHeader(file, [new TensorInfo("a", DType.Float8E4M3, [2]), new TensorInfo("b", DType.Float8E5M2, [2])]);
            file.Write([0x38, 0xB8, 0x3C, 0xBC]);
        }
        using var tensors = TensorFiles.Open(path);

        Assert.Equal([1f, -1f], tensors.ReadAll("a"));
        Assert.Equal([1f, -1f], tensors.ReadAll("b"));
        Assert.Equal((DType.Float8E4M3, "F8_E4M3"), (tensors.Get("a").Type, DType.Float8E4M3.SafetensorsName()));
    }

    [Theory]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "git LFS", "Git LFS")]
    [InlineData("<!doctype html>\n<html>", "web page", "web page")]
    public void Json_that_is_something_else_is_named(string content, params string[] words)
    {
        folder.Write("config.json", content);
        var message = Assert.Throws<CheckpointException>(() => ModelSource.Resolve(folder.Path)).Message;
        Assert.Contains(words[^1], message, StringComparison.Ordinal);
        Assert.Contains("config.json", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_byte_order_mark_before_a_config_is_passed_over()
    {
        using var made = TensorFiles.Open(Safetensors("a"));
        folder.Write("config.json", "\uFEFF{\"model_type\": \"blip\"}");
        Assert.Equal(30524, BlipConfig.Load(Path.Combine(folder.Path, "config.json")).Text.VocabularySize);
    }

    private string Safetensors(params string[] keys)
    {
        var path = Path.Combine(folder.Path, "model.safetensors");
        using var file = File.Create(path);
        SafetensorsWriter.WriteHeader(file, keys.Select(key => new TensorInfo(key, DType.Float32, [1])));
        file.Write(new byte[4 * keys.Length]);
        return path;
    }
}
