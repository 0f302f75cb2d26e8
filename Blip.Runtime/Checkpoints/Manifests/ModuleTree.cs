using System.Globalization;

namespace Blip.Runtime.Checkpoints;

/// <summary>Builds a model's module tree from its config, with the names of Hugging Face's releases 4.x.</summary>
internal static class ModuleTree
{
    /// <summary>
    /// The first layer of <see cref="BlipHead.VisualReasoning"/> that merges its two cross-attentions by a matrix, not by their mean.
    /// </summary>
    public const int FirstMergedLayer = 6;

    /// <exception cref="CheckpointException">The sizes do not fit the head.</exception>
    public static ModuleNode Build(BlipConfig config, BlipHead head)
    {
        var (vision, text) = (config.Vision, config.Text);
        if (!config.Fits(head))
        {
            throw new CheckpointException(
                $"The {head.Name()} head needs towers of one width: vision_config.hidden_size is {vision.HiddenSize} and "
                    + $"text_config.hidden_size {text.HiddenSize}.");
        }
        var visionModel = VisionModel(vision);
        return head switch
        {
            BlipHead.Captioning => Root([], visionModel, LanguageModel(config)),
            BlipHead.Model => Root(
                [new ModuleTensor("logit_scale", [])],
                TextModel("text_model", config, pooler: true),
                visionModel,
                Linear("visual_projection", vision.HiddenSize, config.ProjectionDim, bias: false),
                Linear("text_projection", text.HiddenSize, config.ProjectionDim, bias: false)),
            BlipHead.Retrieval => Root(
                [],
                visionModel,
                TextModel("text_encoder", config, pooler: false),
                Linear("vision_proj", vision.HiddenSize, config.ImageTextHiddenSize),
                Linear("text_proj", text.HiddenSize, config.ImageTextHiddenSize),
                Linear("itm_head", text.HiddenSize, 2)),
            BlipHead.VisualReasoning => Root(
                [],
                visionModel,
                TextModel("text_encoder", config, pooler: false, twins: true),
                Module("cls_head", "Sequential", Linear("0", text.HiddenSize, text.HiddenSize), Module("1", "ReLU"),
                    Linear("2", text.HiddenSize, 2))),
            BlipHead.VisualQuestionAnswering => Root(
                [], visionModel, TextModel("text_encoder", config, pooler: false), LanguageModel(config)),
            _ => throw new ArgumentOutOfRangeException(nameof(head), head, "There is no such head."),
        };

        ModuleNode Root(ModuleTensor[] tensors, params ModuleNode[] children) => new("", head.Architecture(), "", tensors, children);
    }

    private static ModuleNode VisionModel(VisionConfig config)
    {
        var (hidden, patch) = (config.HiddenSize, config.PatchSize);
        return Module("vision_model", "BlipVisionModel",
            new ModuleNode("embeddings", "BlipVisionEmbeddings", "",
                [new ModuleTensor("class_embedding", [1, 1, hidden]), new ModuleTensor("position_embedding", [1, config.Tokens, hidden])],
                [Weighted("patch_embedding", "Conv2d",
                    $"{VisionConfig.Channels}, {hidden}, kernel_size=({patch}, {patch}), stride=({patch}, {patch})",
                    [hidden, VisionConfig.Channels, patch, patch])]),
            Module("encoder", "BlipEncoder", Layers("layers", config.Layers, index => Module(index, "BlipEncoderLayer",
                Module("self_attn", "BlipAttention", Dropout(config.AttentionDropout), Linear("qkv", hidden, 3 * hidden),
                    Linear("projection", hidden, hidden)),
                LayerNorm("layer_norm1", hidden, config.LayerNormEps),
                Module("mlp", "BlipMLP",
                    Module("activation_fn", ActivationNames.ClassName(config.HiddenAct)),
                    Linear("fc1", hidden, config.IntermediateSize),
                    Linear("fc2", config.IntermediateSize, hidden)),
                LayerNorm("layer_norm2", hidden, config.LayerNormEps)))),
            LayerNorm("post_layernorm", hidden, config.LayerNormEps));
    }

    private static ModuleNode TextModel(string name, BlipConfig config, bool pooler, bool twins = false)
    {
        var text = config.Text;
        var hidden = text.HiddenSize;
        var embeddings = new ModuleNode("embeddings", "BlipTextEmbeddings", "",
            [new ModuleTensor("position_ids", [1, text.MaxPositions], ManifestEntryKind.Buffer)],
            [
                Embedding("word_embeddings", text.VocabularySize, hidden, $", padding_idx={text.PadTokenId}"),
                Embedding("position_embeddings", text.MaxPositions, hidden, ""),
                LayerNorm("LayerNorm", hidden, text.LayerNormEps),
                Dropout(text.HiddenDropout),
            ]);
        var encoder = Module("encoder", "BlipTextEncoder", Layers("layer", text.Layers, index => Module(index, "BlipTextLayer",
        [
            TextAttention("attention", text, hidden),
            .. twins ? [TwinAttention($"{name}.encoder.layer.{index}.crossattention", int.Parse(index, CultureInfo.InvariantCulture), text,
                config.EncoderHiddenSize)]
                : text.IsDecoder ? [TextAttention("crossattention", text, config.EncoderHiddenSize)] : Array.Empty<ModuleNode>(),
            Module("intermediate", "BlipTextIntermediate", Linear("dense", hidden, text.IntermediateSize),
                Module("intermediate_act_fn", ActivationNames.ClassName(text.HiddenAct))),
            TextOutput("BlipTextOutput", text, text.IntermediateSize),
        ])));
        return pooler
            ? Module(name, "BlipTextModel", embeddings, encoder,
                Module("pooler", "BlipTextPooler", Linear("dense", hidden, hidden), Module("activation", "Tanh")))
            : Module(name, "BlipTextModel", embeddings, encoder);
    }

    private static ModuleNode TextAttention(string name, TextConfig config, int keyWidth) => Module(name, "BlipTextAttention",
        Module("self", "BlipTextSelfAttention",
            Linear("query", config.HiddenSize, config.HiddenSize),
            Linear("key", keyWidth, config.HiddenSize),
            Linear("value", keyWidth, config.HiddenSize),
            Dropout(config.AttentionDropout)),
        TextOutput("BlipTextSelfOutput", config, config.HiddenSize));

    // A pre-training checkpoint has one cross-attention per layer; both twins start from it (the authors' blip_nlvr.py, load_checkpoint).
    private static ModuleNode TwinAttention(string path, int layer, TextConfig config, int keyWidth)
    {
        var hidden = config.HiddenSize;
        return Module("crossattention", "BlipTextAttention", Self("self0"), Self("self1"), Module("output", "BlipTextSelfOutput",
        [
            Twin(Linear("dense0", hidden, hidden), "output.dense"),
            Twin(Linear("dense1", hidden, hidden), "output.dense"),
            .. layer >= FirstMergedLayer ? [Linear("merge_layer", 2 * hidden, hidden)] : Array.Empty<ModuleNode>(),
            LayerNorm("LayerNorm", hidden, config.LayerNormEps),
            Dropout(config.HiddenDropout),
        ]));

        ModuleNode Self(string name) => Module(name, "BlipTextSelfAttention",
            Twin(Linear("query", hidden, hidden), "self.query"),
            Twin(Linear("key", keyWidth, hidden), "self.key"),
            Twin(Linear("value", keyWidth, hidden), "self.value"),
            Dropout(config.AttentionDropout));

        ModuleNode Twin(ModuleNode linear, string from) => linear with
        {
            Tensors = [.. linear.Tensors.Select(tensor => tensor with { CopiedFrom = $"{path}.{from}.{tensor.Name}" })],
        };
    }

    private static ModuleNode TextOutput(string className, TextConfig config, int width) => Module("output", className,
        Linear("dense", width, config.HiddenSize), LayerNorm("LayerNorm", config.HiddenSize, config.LayerNormEps),
            Dropout(config.HiddenDropout));

    private static ModuleNode LanguageModel(BlipConfig config)
    {
        var (hidden, words) = (config.Text.HiddenSize, config.Text.VocabularySize);
        var matrix = config.Text.TieWordEmbeddings
            ? new ModuleTensor("weight", [words, hidden], ManifestEntryKind.Tied, CheckpointKeys.WordEmbeddings)
            : new ModuleTensor("weight", [words, hidden]);
        return Module("text_decoder", "BlipTextLMHeadModel",
            TextModel("bert", config, pooler: false),
            Module("cls", "BlipTextOnlyMLMHead", new ModuleNode("predictions", "BlipTextLMPredictionHead", "",
                [new ModuleTensor("bias", [words])],
                [
                    Module("transform", "BlipTextPredictionHeadTransform",
                        Linear("dense", hidden, hidden),
                        Module("transform_act_fn", ActivationNames.ClassName(config.Text.HiddenAct)),
                        LayerNorm("LayerNorm", hidden, config.Text.LayerNormEps)),
                    new ModuleNode("decoder", "Linear", LinearDetails(hidden, words, bias: true),
                        [matrix, new ModuleTensor("bias", [words], ManifestEntryKind.Tied, CheckpointKeys.OutputBias)], []),
                ])));
    }

    private static ModuleNode Layers(string name, int count, Func<string, ModuleNode> layer) =>
        Module(name, "ModuleList", [.. Enumerable.Range(0, count).Select(i => layer(i.ToString(CultureInfo.InvariantCulture)))]);

    private static ModuleNode Module(string name, string className, params ModuleNode[] children) => new(name, className, "", [], children);

    private static ModuleNode Dropout(double share) => new("dropout", "Dropout", $"p={Number(share)}, inplace=False", [], []);

    private static ModuleNode Embedding(string name, int rows, int width, string more) =>
        new(name, "Embedding", $"{rows}, {width}{more}", [new ModuleTensor("weight", [rows, width])], []);

    private static ModuleNode LayerNorm(string name, int width, double eps) =>
        Weighted(name, "LayerNorm", $"({width},), eps={Number(eps)}, elementwise_affine=True", [width]);

    private static ModuleNode Linear(string name, int input, int output, bool bias = true) => bias
        ? Weighted(name, "Linear", LinearDetails(input, output, bias), [output, input])
        : new ModuleNode(name, "Linear", LinearDetails(input, output, bias), [new ModuleTensor("weight", [output, input])], []);

    private static string LinearDetails(int input, int output, bool bias) => $"in_features={input}, out_features={output}, bias={bias}";

    private static ModuleNode Weighted(string name, string className, string details, long[] shape) =>
        new(name, className, details, [new ModuleTensor("weight", shape), new ModuleTensor("bias", [shape[0]])], []);

    /// <summary>A number as Python writes it: 0.0, 0.1, 1e-05.</summary>
    private static string Number(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture).ToLowerInvariant();
        return text.Contains('.') || text.Contains('e') ? text : text + ".0";
    }
}
