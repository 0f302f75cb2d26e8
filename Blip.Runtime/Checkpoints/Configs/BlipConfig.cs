using System.Text;

namespace Blip.Runtime.Checkpoints;

/// <summary>A BLIP's config.json in the layout of transformers, of 2022 and today. An absent field takes the library's default.</summary>
internal sealed record BlipConfig
{
    public VisionConfig Vision { get; init; } = new();

    /// <summary>The text tower or towers.</summary>
    public TextConfig Text { get; init; } = new();

    /// <summary>The head that <c>architectures</c> names; null for none.</summary>
    public BlipHead? Head { get; init; }

    /// <summary>Width of the joint image-text space of <see cref="BlipHead.Model"/>.</summary>
    public int ProjectionDim { get; init; } = 512;

    /// <summary>Width of the joint image-text space of <see cref="BlipHead.Retrieval"/>.</summary>
    public int ImageTextHiddenSize { get; init; } = 256;

    /// <summary>The initial logarithm of the contrastive temperature's inverse.</summary>
    public double LogitScaleInitValue { get; init; } = 2.6592;

    /// <summary>The saved weights' type, such as <c>float16</c>; null where unknown.</summary>
    public string? DType { get; init; }

    /// <summary>Width of the states that cross-attention reads: the vision tower's, whatever the file says.</summary>
    public int EncoderHiddenSize => Vision.HiddenSize;

    /// <summary>
    /// True where a head can be built with these sizes. The decoder of <see cref="BlipHead.VisualQuestionAnswering"/> attends the
    /// question's states with weights made for the image's, so both towers need one width.
    /// </summary>
    public bool Fits(BlipHead head) => head != BlipHead.VisualQuestionAnswering || Vision.HiddenSize == Text.HiddenSize;

    /// <exception cref="CheckpointException">The file is absent or damaged, of another model, or states an invalid size.</exception>
    public static BlipConfig Load(string path) => Read(JsonFile.Load(path));

    /// <summary>Reads a config's text; errors name <paramref name="file"/>.</summary>
    /// <exception cref="CheckpointException">As <see cref="Load"/>.</exception>
    public static BlipConfig Parse(string json, string file = "config.json") => Read(JsonFile.Parse(Encoding.UTF8.GetBytes(json), file));

    /// <summary>Checks every size; errors name <paramref name="file"/>.</summary>
    /// <exception cref="CheckpointException">A size is invalid.</exception>
    public void Validate(string file)
    {
        Vision.Validate(new ConfigRules(file, "vision_config."));
        Text.Validate(new ConfigRules(file, "text_config."));
        var rules = new ConfigRules(file, "");
        rules.Size("projection_dim", ProjectionDim, ConfigRules.LargestWidth);
        rules.Size("image_text_hidden_size", ImageTextHiddenSize, ConfigRules.LargestWidth);
    }

    internal static BlipConfig Read(JsonFile json)
    {
        if (json.Text("model_type") is { } type and not "blip")
            throw json.Error("model_type", $"is '{type}'; only 'blip' is supported");
        var defaults = new BlipConfig();
        var config = new BlipConfig
        {
            Vision = VisionConfig.Read(json.Object("vision_config")),
            Text = TextConfig.Read(json.Object("text_config"), json.Bool("tie_word_embeddings")),
            Head = ReadHead(json),
            ProjectionDim = json.Int("projection_dim") ?? defaults.ProjectionDim,
            ImageTextHiddenSize = json.Int("image_text_hidden_size") ?? defaults.ImageTextHiddenSize,
            LogitScaleInitValue = json.Number("logit_scale_init_value") ?? defaults.LogitScaleInitValue,
            DType = json.Text("dtype") ?? json.Text("torch_dtype"),
        };
        config.Validate(json.Path);
        return config;
    }

    private static BlipHead? ReadHead(JsonFile json) => json.Array("architectures", name => name.GetString() ?? "", "class names") switch
    {
        null or [] => null,
        [var name, ..] => BlipHeads.TryParse(name, out var head) && head.Architecture() == name
            ? head
            : throw json.Error("architectures", $"names '{name}', which is not one of {BlipHeads.Architectures}"),
    };
}
