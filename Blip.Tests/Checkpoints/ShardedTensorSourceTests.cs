using Blip.Runtime.Checkpoints;

namespace Blip.Tests.Checkpoints;

public class ShardedTensorSourceTests
{
    [Fact]
    public void A_tensor_is_read_from_the_file_that_the_index_names()
    {
        using var sharded = new ShardedTensorSource(Goldens.PathOf("sharded/model.safetensors.index.json"));
        using var whole = new SafetensorsFile(Goldens.PathOf("tied-float32.safetensors"));
        Assert.Equal(whole.Keys.Order(), sharded.Keys.Order());
        Assert.All(whole.Keys, key => Assert.Equal(whole.ReadAll(key), sharded.ReadAll(key)));
        Assert.Throws<KeyNotFoundException>(() => sharded.Read("no-such-tensor", 0, new float[1]));
    }

    [Fact]
    public void Shards_may_be_pickles()
    {
        using var folder = new TemporaryFolder();
        folder.Write("pytorch_model-00001-of-00001.bin", File.ReadAllBytes(Goldens.PathOf("float32.bin")));
        folder.Write("pytorch_model.bin.index.json",
            """{"weight_map": {"vision_model.post_layernorm.weight": "pytorch_model-00001-of-00001.bin"}}""");
        using var sharded = TensorFiles.Open(folder.Path);
        Assert.Equal(["vision_model.post_layernorm.weight"], sharded.Keys);
    }

    [Theory]
    [InlineData("""{"weight_map": {"a": "../x.safetensors"}}""", "no weight file beside the index")]
    [InlineData("""{"weight_map": {"a": "/etc/passwd"}}""", "no weight file beside the index")]
    [InlineData("""{"weight_map": {"a": "C:x"}}""", "no weight file beside the index")]
    [InlineData("""{"weight_map": {"a": "model.safetensors.index.json"}}""", "no weight file beside the index")]
    [InlineData("""{"weight_map": {"a": ""}}""", "no weight file beside the index")]
    [InlineData("""{"weight_map": {"a": null}}""", "names no file")]
    [InlineData("""{"weight_map": {"a": 1}}""", "not a text")]
    [InlineData("""{"weight_map": {"a": "absent.safetensors"}}""", "absent.safetensors")]
    [InlineData("""{"weight_map": {"no-such-tensor": "x.safetensors"}}""", "where the index says it is")]
    [InlineData("""{"weight_map": {}}""", "names no tensor")]
    [InlineData("{}", "names no tensor")]
    public void An_index_that_misleads_is_refused(string index, string reason)
    {
        using var folder = new TemporaryFolder();
        folder.Write("x.safetensors", File.ReadAllBytes(Goldens.PathOf("tied-float16.safetensors")));
        var path = folder.Write("model.safetensors.index.json", index);
        Assert.Contains(reason, Assert.Throws<CheckpointException>(() => TensorFiles.Open(path)).Message);
    }
}
