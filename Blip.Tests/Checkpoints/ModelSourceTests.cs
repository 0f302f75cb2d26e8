using Blip.Runtime.Checkpoints;

namespace Blip.Tests.Checkpoints;

public class ModelSourceTests
{
    private static string DemoFolder => Path.Combine(AppContext.BaseDirectory, "weights", "captioning");

    [Fact]
    public void A_folder_is_a_model()
    {
        var source = ModelSource.Resolve(DemoFolder);
        Assert.Equal((DemoFolder, BlipHead.Captioning, false, true),
            (source.Name, source.Config.Head, source.IsSynthetic, source.HasWeights));
        Assert.Equal(Path.Combine(DemoFolder, "vocab.txt"), source.VocabularyFile);
        Assert.Equal(96, source.Preprocessor.Width);
        using var checkpoint = source.OpenCheckpoint(BlipHead.Captioning);
        Assert.Empty(checkpoint.ExtraKeys);
        Assert.True(checkpoint.HasTiedOutput);
    }

    [Theory]
    [InlineData("captioning", nameof(BlipHead.Captioning))]
    [InlineData("retrieval", nameof(BlipHead.Retrieval))]
    [InlineData("vqa", nameof(BlipHead.VisualQuestionAnswering))]
    public void The_demo_models_hold_what_their_heads_need_and_no_more(string name, string head)
    {
        using var checkpoint = ModelSource.Resolve(Path.Combine(AppContext.BaseDirectory, "weights", name))
            .OpenCheckpoint(Enum.Parse<BlipHead>(head));
        Assert.Empty(checkpoint.ExtraKeys);
        Assert.All(checkpoint.Keys, key => Assert.All(checkpoint.ReadAll(key), value => Assert.True(float.IsFinite(value))));
    }

    [Theory]
    [InlineData("float32.bin")]
    [InlineData("original.pth")]
    [InlineData("tied-float16.safetensors")]
    public void A_file_with_its_config_beside_it_is_a_model(string name)
    {
        var source = ModelSource.Resolve(Goldens.PathOf(name));
        Assert.Null(source.VocabularyFile);
        Assert.Equal(24, source.Preprocessor.Width);
        using var tensors = source.OpenTensors();
        Assert.Equal([32], tensors.Get("vision_model.post_layernorm.weight").Shape);
    }

    [Fact]
    public void Safetensors_go_before_pickles_and_shards()
    {
        using var folder = new TemporaryFolder();
        folder.Write("config.json", File.ReadAllBytes(Goldens.PathOf("config.json")));
        Add("pytorch_model.bin", "float32.bin");
        AssertOpens("pytorch_model.bin");
        Add("model.safetensors.index.json", "sharded/model.safetensors.index.json");
        Add("model-00001-of-00002.safetensors", "sharded/model-00001-of-00002.safetensors");
        Add("model-00002-of-00002.safetensors", "sharded/model-00002-of-00002.safetensors");
        AssertOpens("model.safetensors.index.json");
        Add("model.safetensors", "tied-float32.safetensors");
        AssertOpens("model.safetensors");

        void Add(string name, string golden) => folder.Write(name, File.ReadAllBytes(Goldens.PathOf(golden)));

        void AssertOpens(string name)
        {
            using var tensors = ModelSource.Resolve(folder.Path).OpenCheckpoint(BlipHead.Captioning);
            Assert.Equal(Path.Combine(folder.Path, name), tensors.Description);
        }
    }

    [Fact]
    public void A_folder_with_a_config_alone_can_be_described_but_not_run()
    {
        using var folder = new TemporaryFolder();
        folder.Write("config.json", File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Goldens", "seed", "config.json")));
        var source = ModelSource.Resolve(folder.Path);
        Assert.False(source.HasWeights);
        Assert.Equal(223_971_644, ModelManifest.For(source.Config, BlipHead.Captioning).TotalParameters);
        Assert.Contains("holds no weights", Assert.Throws<CheckpointException>(() => source.OpenTensors()).Message);
        Assert.False(ModelSource.Resolve(Path.Combine(folder.Path, "config.json")).HasWeights);
    }

    [Theory]
    [InlineData("seed", nameof(BlipHead.Model))]
    [InlineData("base", nameof(BlipHead.Captioning))]
    [InlineData("large", nameof(BlipHead.Captioning))]
    [InlineData("tiny-square", nameof(BlipHead.Captioning))]
    [InlineData("tiny-wide", nameof(BlipHead.Captioning))]
    [InlineData("tiny-head64", nameof(BlipHead.Captioning))]
    public void Synthetic_models_need_no_files_and_fit_any_head(string name, string head)
    {
        var source = ModelSource.Resolve("synthetic:" + name);
        Assert.Equal((head, null, null, true, true),
            (source.Config.Head.ToString(), source.Folder, source.VocabularyFile, source.HasWeights, source.IsSynthetic));
        Assert.Equal(source.Config.Vision.ImageSize, source.Preprocessor.Width);
        source.Config.Validate(name);
        using var tensors = source.OpenTensors();
        foreach (var any in Enum.GetValues<BlipHead>().Where(source.Config.Fits))
        {
            using var checkpoint = source.OpenCheckpoint(any);
            Assert.Empty(checkpoint.ExtraKeys);
            _ = new Checkpoint(tensors, source.Config, any);
        }
    }

    [Fact]
    public void Another_heads_checkpoint_is_refused()
    {
        var source = ModelSource.Resolve(Path.Combine(AppContext.BaseDirectory, "weights", "vqa"));
        var error = Assert.Throws<CheckpointException>(() => source.OpenCheckpoint(BlipHead.Captioning));
        Assert.Contains("BlipForQuestionAnswering", error.Message);
        source.OpenCheckpoint(BlipHead.VisualQuestionAnswering).Dispose();
    }

    [Theory]
    [InlineData("synthetic:huge", "synthetic:tiny-square")]
    [InlineData("no-such-folder", "neither a folder")]
    [InlineData("a/b/c", "neither a folder")]
    [InlineData("../..x/y", "neither a folder")]
    [InlineData("", "neither a folder")]
    public void What_is_no_model_is_refused_with_what_would_be(string name, string reason) =>
        Assert.Contains(reason, Assert.Throws<CheckpointException>(() => ModelSource.Resolve(name)).Message);

    [Fact]
    public void A_folder_without_a_config_is_refused()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("no config.json", Assert.Throws<CheckpointException>(() => ModelSource.Resolve(folder.Path)).Message);
        Assert.Contains("no config.json",
            Assert.Throws<CheckpointException>(() => ModelSource.Resolve(folder.Write("model.safetensors", "x"))).Message);
    }

    [Fact]
    public void A_checkpoint_of_other_sizes_is_refused_with_the_tensors_named()
    {
        using var folder = new TemporaryFolder();
        folder.Write("config.json", File.ReadAllText(Goldens.PathOf("config.json"))
            .Replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3"));
        folder.Write("model.safetensors", File.ReadAllBytes(Goldens.PathOf("tied-float32.safetensors")));
        var error = Assert.Throws<CheckpointException>(() => ModelSource.Resolve(folder.Path).OpenCheckpoint(BlipHead.Captioning));
        Assert.Contains("vision_model.encoder.layers.2.self_attn.qkv.weight", error.Message);
        Assert.Contains("more", error.Message);
    }

    [Fact]
    public void An_untied_config_needs_its_own_output_matrix()
    {
        var config = SyntheticModels.Config("tiny-square");
        config = config with { Text = config.Text with { TieWordEmbeddings = false } };
        var error = Assert.Throws<CheckpointException>(
            () => new Checkpoint(TensorFiles.Open(Goldens.PathOf("tied-float32.safetensors")), config, BlipHead.Captioning));
        Assert.Contains("text_decoder.cls.predictions.decoder.weight", error.Message);
        using var untied = new Checkpoint(TensorFiles.Open(Goldens.PathOf("untied.safetensors")), config, BlipHead.Captioning);
        Assert.False(untied.HasTiedOutput);
    }
}
