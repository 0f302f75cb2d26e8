using System.Text;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// A BLIP as its config.json states it, in the layout of Hugging Face's transformers: files of 2022 and today's.
/// A field that a file lacks takes the library's default.
/// </summary>
internal sealed record BlipConfig
{
    /// <summary>The vision tower.</summary>
    public VisionConfig Vision { get; init; } = new();

    /// <summary>The text tower or towers.</summary>
    public TextConfig Text { get; init; } = new();

    /// <summary>The head that <c>architectures</c> names; null where the file names none.</summary>
    public BlipHead? Head { get; init; }

    /// <summary>Width of the space in which <see cref="BlipHead.Model"/> compares images and texts.</summary>
    public int ProjectionDim { get; init; } = 512;

    /// <summary>Width of the space in which <see cref="BlipHead.Retrieval"/> compares images and texts.</summary>
    public int ImageTextHiddenSize { get; init; } = 256;

    /// <summary>The logarithm of the contrastive temperature's inverse before training.</summary>
    public double LogitScaleInitValue { get; init; } = 2.6592;

    /// <summary>The type that the weights were saved in, such as <c>float16</c>; null where the file does not say.</summary>
    public string? DType { get; init; }

    /// <summary>Width of the states that cross-attention reads: the vision tower's, for any value in the file.</summary>
    public int EncoderHiddenSize => Vision.HiddenSize;

    /// <summary>
    /// True where a head can be built with these sizes. The decoder of <see cref="BlipHead.VisualQuestionAnswering"/> attends the question's
    /// states with weights made for the image's, so both towers must be of one width.
    /// </summary>
    public bool Fits(BlipHead head) => head != BlipHead.VisualQuestionAnswering || Vision.HiddenSize == Text.HiddenSize;

    /// <summary>Reads a config.json.</summary>
    /// <exception cref="CheckpointException">The file is absent or damaged, of another model, or states sizes that cannot be; the message names the field.</exception>
    public static BlipConfig Load(string path) => Read(JsonFile.Load(path));

    /// <summary>Reads the text of a config.json.</summary>
    /// <param name="json">The text.</param>
    /// <param name="file">The file's name in errors.</param>
    /// <exception cref="CheckpointException">As <see cref="Load"/>.</exception>
    public static BlipConfig Parse(string json, string file = "config.json") => Read(JsonFile.Parse(Encoding.UTF8.GetBytes(json), file));

    /// <summary>Checks every size.</summary>
    /// <param name="file">The name of the config's place in errors.</param>
    /// <exception cref="CheckpointException">A size cannot be; the message names the field.</exception>
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
