using Blip.Kernels;
using Blip.Runtime.Checkpoints;

namespace Blip.Tests.Checkpoints;

public class BlipConfigTests
{
    [Fact]
    public void The_config_of_2022_is_read()
    {
        var config = BlipConfig.Load(Path.Combine(AppContext.BaseDirectory, "Goldens", "seed", "config.json"));
        var expected = new BlipConfig
        {
            Head = BlipHead.Captioning,
            DType = "float32",
            Vision = new() { InitializerRange = 0.02 },
            Text = new() { Heads = 12 },
        };
        Assert.Equal(expected, config);
        Assert.Equal(768, config.EncoderHiddenSize);
        Assert.Equal(577, config.Vision.Tokens);
        Assert.Equal(64, config.Text.HeadDim);
    }

    [Fact]
    public void The_config_of_today_is_read()
    {
        var config = BlipConfig.Load(Path.Combine(AppContext.BaseDirectory, "weights", "captioning", "config.json"));
        Assert.Equal("float16", config.DType);
        Assert.Equal((106, 107, 3, 0),
            (config.Text.BosTokenId, config.Text.EncoderTokenId, config.Text.SepTokenId, config.Text.PadTokenId));
        Assert.Equal((4, 3, 96, 12), (config.Vision.Layers, config.Text.Layers, config.Vision.ImageSize, config.Vision.PatchSize));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"text_config": null, "vision_config": null, "architectures": null}""")]
    [InlineData("""{"text_config": {}, "vision_config": {"num_channels": 3}, "architectures": []}""")]
    public void What_a_file_lacks_takes_the_defaults(string json)
    {
        var config = BlipConfig.Parse(json);
        Assert.Equal(new BlipConfig(), config);
        Assert.Equal((30524, 768, 3072, 12, 8, 512),
            (config.Text.VocabularySize, config.Text.HiddenSize, config.Text.IntermediateSize, config.Text.Layers, config.Text.Heads,
            config.Text.MaxPositions));
        Assert.Equal((1e-12, 30522, 102, 0),
            (config.Text.LayerNormEps, config.Text.BosTokenId, config.Text.SepTokenId, config.Text.PadTokenId));
        Assert.Equal((768, 3072, 12, 12, 384, 16, 1e-5),
            (config.Vision.HiddenSize, config.Vision.IntermediateSize, config.Vision.Layers, config.Vision.Heads, config.Vision.ImageSize,
            config.Vision.PatchSize, config.Vision.LayerNormEps));
        Assert.Equal((512, 256, 2.6592), (config.ProjectionDim, config.ImageTextHiddenSize, config.LogitScaleInitValue));
    }

    [Fact]
    public void The_text_reads_states_of_the_vision_towers_width_whatever_the_file_says()
    {
        var config = BlipConfig.Parse(
            """{"text_config": {"encoder_hidden_size": 768}, "vision_config": {"hidden_size": 1024, "num_attention_heads": 16}}""");
        Assert.Equal(1024, config.EncoderHiddenSize);
    }

    [Theory]
    [InlineData("gelu", Activation.Gelu)]
    [InlineData("gelu_new", Activation.GeluTanh)]
    [InlineData("gelu_fast", Activation.GeluTanh)]
    [InlineData("gelu_pytorch_tanh", Activation.GeluTanh)]
    [InlineData("quick_gelu", Activation.QuickGelu)]
    [InlineData("relu", Activation.Relu)]
    [InlineData("tanh", Activation.Tanh)]
    public void Activations_go_by_their_names(string name, Activation activation)
    {
        var config = BlipConfig.Parse(
            $$$"""{"text_config": {"hidden_act": "{{{name}}}"}, "vision_config": {"hidden_act": "{{{name}}}"}}""");
        Assert.Equal((activation, activation), (config.Text.Activation, config.Vision.Activation));
    }

    [Fact]
    public void Every_activation_has_a_name() => Assert.Equal(
        [Activation.None], Enum.GetValues<Activation>().Except(ActivationNames.All.Split(", ").Select(ActivationNames.Parse)));

    [Theory]
    [InlineData("BlipForConditionalGeneration", nameof(BlipHead.Captioning))]
    [InlineData("BlipModel", nameof(BlipHead.Model))]
    [InlineData("BlipForImageTextRetrieval", nameof(BlipHead.Retrieval))]
    [InlineData("BlipForQuestionAnswering", nameof(BlipHead.VisualQuestionAnswering))]
    public void The_head_is_the_architecture(string name, string head) =>
        Assert.Equal(Enum.Parse<BlipHead>(head), BlipConfig.Parse($$"""{"architectures": ["{{name}}"]}""").Head);

    [Theory]
    [InlineData("""{"vision_config": {"hidden_act": "none"}}""", "vision_config.hidden_act")]
    [InlineData("""{"text_config": {"hidden_act": 3}}""", "text_config.hidden_act")]
    [InlineData("""{"text_config": {"num_attention_heads": 7}}""", "text_config.num_attention_heads")]
    [InlineData("""{"vision_config": {"num_attention_heads": 0}}""", "vision_config.num_attention_heads")]
    [InlineData("""{"vision_config": {"hidden_size": -768}}""", "vision_config.hidden_size")]
    [InlineData("""{"vision_config": {"hidden_size": 1000000000, "num_attention_heads": 1}}""", "vision_config.hidden_size")]
    [InlineData("""{"vision_config": {"hidden_size": 99999999999}}""", "vision_config.hidden_size")]
    [InlineData("""{"vision_config": {"hidden_size": 768.5}}""", "vision_config.hidden_size")]
    [InlineData("""{"vision_config": {"num_hidden_layers": 2000000000}}""", "vision_config.num_hidden_layers")]
    [InlineData("""{"vision_config": {"num_channels": 4}}""", "vision_config.num_channels")]
    [InlineData("""{"vision_config": {"patch_size": 17}}""", "vision_config.patch_size")]
    [InlineData("""{"vision_config": {"patch_size": 385}}""", "vision_config.patch_size")]
    [InlineData("""{"vision_config": {"image_size": 16384, "patch_size": 1}}""", "vision_config.image_size")]
    [InlineData("""{"vision_config": {"layer_norm_eps": -1}}""", "vision_config.layer_norm_eps")]
    [InlineData("""{"vision_config": {"layer_norm_eps": 1e999}}""", "vision_config.layer_norm_eps")]
    [InlineData("""{"vision_config": []}""", "vision_config")]
    [InlineData("""{"text_config": {"vocab_size": 16777216}}""", "text_config.vocab_size")]
    [InlineData("""{"text_config": {"bos_token_id": 30524}}""", "text_config.bos_token_id")]
    [InlineData("""{"text_config": {"sep_token_id": -1}}""", "text_config.sep_token_id")]
    [InlineData("""{"text_config": {"is_decoder": "yes"}}""", "text_config.is_decoder")]
    [InlineData("""{"projection_dim": 0}""", "projection_dim")]
    [InlineData("""{"architectures": ["BertModel"]}""", "architectures")]
    [InlineData("""{"architectures": [1]}""", "architectures")]
    [InlineData("""{"architectures": "BlipModel"}""", "architectures")]
    [InlineData("""{"model_type": "blip-2"}""", "model_type")]
    [InlineData("""{"model_type": """, "JSON")]
    [InlineData("[]", "JSON")]
    [InlineData("", "JSON")]
    public void What_cannot_be_is_refused_with_file_and_field(string json, string field)
    {
        var error = Assert.Throws<CheckpointException>(() => BlipConfig.Parse(json, "some/config.json"));
        Assert.Contains("some/config.json", error.Message);
        Assert.Contains(field, error.Message);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        var error = Assert.Throws<CheckpointException>(() => BlipConfig.Load("/nowhere/config.json"));
        Assert.Contains("/nowhere/config.json", error.Message);
    }
}
