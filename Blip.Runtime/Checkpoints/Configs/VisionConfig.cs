using Blip.Kernels;

namespace Blip.Runtime.Checkpoints;

/// <summary>The vision tower: a ViT (config.json's <c>vision_config</c>). Defaults are Hugging Face's.</summary>
internal sealed record VisionConfig
{
    public int HiddenSize { get; init; } = 768;

    /// <summary>Width inside the MLP.</summary>
    public int IntermediateSize { get; init; } = 3072;

    public int Layers { get; init; } = 12;

    /// <summary>A divisor of <see cref="HiddenSize"/>.</summary>
    public int Heads { get; init; } = 12;

    /// <summary>Side in pixels of the square image that the position embeddings are made for.</summary>
    public int ImageSize { get; init; } = 384;

    /// <summary>Side of a square patch in pixels, a divisor of <see cref="ImageSize"/>.</summary>
    public int PatchSize { get; init; } = 16;

    public string HiddenAct { get; init; } = "gelu";

    /// <summary>Added to the variance in LayerNorm.</summary>
    public double LayerNormEps { get; init; } = 1e-5;

    /// <summary>Dropout of attention probabilities in training.</summary>
    public double AttentionDropout { get; init; }

    /// <summary>Standard deviation of fresh weights.</summary>
    public double InitializerRange { get; init; } = 1e-10;

    /// <summary>Red, green and blue.</summary>
    public const int Channels = 3;

    /// <exception cref="CheckpointException"><see cref="HiddenAct"/> is unknown.</exception>
    public Activation Activation => ActivationNames.Parse(HiddenAct);

    public int HeadDim => HiddenSize / Heads;

    /// <summary>Patches on a side of the image.</summary>
    public int GridSize => ImageSize / PatchSize;

    /// <summary>Patches of an image of <see cref="ImageSize"/>, and the class token.</summary>
    public int Tokens => GridSize * GridSize + 1;

    internal static VisionConfig Read(JsonFile json)
    {
        var defaults = new VisionConfig();
        if (json.Int("num_channels") is { } channels and not Channels)
            throw json.Error("num_channels", $"is {channels}; only {Channels} (red, green, blue) is supported");
        return new VisionConfig
        {
            HiddenSize = json.Int("hidden_size") ?? defaults.HiddenSize,
            IntermediateSize = json.Int("intermediate_size") ?? defaults.IntermediateSize,
            Layers = json.Int("num_hidden_layers") ?? defaults.Layers,
            Heads = json.Int("num_attention_heads") ?? defaults.Heads,
            ImageSize = json.Int("image_size") ?? defaults.ImageSize,
            PatchSize = json.Int("patch_size") ?? defaults.PatchSize,
            HiddenAct = json.Text("hidden_act") ?? defaults.HiddenAct,
            LayerNormEps = json.Number("layer_norm_eps") ?? defaults.LayerNormEps,
            AttentionDropout = json.Number("attention_dropout") ?? defaults.AttentionDropout,
            InitializerRange = json.Number("initializer_range") ?? defaults.InitializerRange,
        };
    }

    internal void Validate(ConfigRules rules)
    {
        rules.Tower(HiddenSize, IntermediateSize, Layers, Heads, HiddenAct, LayerNormEps);
        rules.Size("image_size", ImageSize, ConfigRules.LargestImage);
        rules.Size("patch_size", PatchSize, ImageSize);
        rules.Require("patch_size", ImageSize % PatchSize == 0, $"{PatchSize} does not divide image_size {ImageSize}");
        rules.Share("attention_dropout", AttentionDropout);
        rules.Matrix("image_size", $"position embeddings of {Tokens} tokens", Tokens, HiddenSize);
        rules.Matrix("patch_size", "patch embedding", HiddenSize, (long)Channels * PatchSize * PatchSize);
    }
}
