using Blip.Kernels;

namespace Blip.Runtime.Checkpoints;

/// <summary>The text tower: a BERT with cross-attention (config.json's <c>text_config</c>). Defaults are Hugging Face's.</summary>
internal sealed record TextConfig
{
    /// <summary>Rows of the word embeddings: the vocabulary and the two special tokens behind it.</summary>
    public int VocabularySize { get; init; } = 30524;

    public int HiddenSize { get; init; } = 768;

    /// <summary>Width inside the MLP.</summary>
    public int IntermediateSize { get; init; } = 3072;

    public int Layers { get; init; } = 12;

    /// <summary>A divisor of <see cref="HiddenSize"/>. The default is 8; the released files say 12.</summary>
    public int Heads { get; init; } = 8;

    /// <summary>Rows of the position embeddings: the longest text.</summary>
    public int MaxPositions { get; init; } = 512;

    public string HiddenAct { get; init; } = "gelu";

    /// <summary>Added to the variance in LayerNorm.</summary>
    public double LayerNormEps { get; init; } = 1e-12;

    /// <summary>Dropout of hidden states in training.</summary>
    public double HiddenDropout { get; init; }

    /// <summary>Dropout of attention probabilities in training.</summary>
    public double AttentionDropout { get; init; }

    /// <summary>Standard deviation of fresh weights.</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Share of the target's probability that the training loss spreads over the vocabulary.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>The start token of a generated text, [DEC].</summary>
    public int BosTokenId { get; init; } = 30522;

    /// <summary>The token that ends a text, [SEP]. The config's <c>eos_token_id</c> is unused.</summary>
    public int SepTokenId { get; init; } = 102;

    public int PadTokenId { get; init; }

    /// <summary>The first token of a text read beside an image, [ENC]; it follows <see cref="BosTokenId"/>.</summary>
    public int EncoderTokenId => BosTokenId + 1;

    /// <summary>True where layers hold cross-attention; true in the released encoders' files, too.</summary>
    public bool IsDecoder { get; init; } = true;

    /// <summary>True where the output matrix is the word embeddings, unless the checkpoint holds another.</summary>
    public bool TieWordEmbeddings { get; init; } = true;

    /// <exception cref="CheckpointException"><see cref="HiddenAct"/> is unknown.</exception>
    public Activation Activation => ActivationNames.Parse(HiddenAct);

    public int HeadDim => HiddenSize / Heads;

    internal static TextConfig Read(JsonFile json, bool? tieWordEmbeddings)
    {
        var defaults = new TextConfig();
        return new TextConfig
        {
            VocabularySize = json.Int("vocab_size") ?? defaults.VocabularySize,
            HiddenSize = json.Int("hidden_size") ?? defaults.HiddenSize,
            IntermediateSize = json.Int("intermediate_size") ?? defaults.IntermediateSize,
            Layers = json.Int("num_hidden_layers") ?? defaults.Layers,
            Heads = json.Int("num_attention_heads") ?? defaults.Heads,
            MaxPositions = json.Int("max_position_embeddings") ?? defaults.MaxPositions,
            HiddenAct = json.Text("hidden_act") ?? defaults.HiddenAct,
            LayerNormEps = json.Number("layer_norm_eps") ?? defaults.LayerNormEps,
            HiddenDropout = json.Number("hidden_dropout_prob") ?? defaults.HiddenDropout,
            AttentionDropout = json.Number("attention_probs_dropout_prob") ?? defaults.AttentionDropout,
            InitializerRange = json.Number("initializer_range") ?? defaults.InitializerRange,
            LabelSmoothing = json.Number("label_smoothing") ?? defaults.LabelSmoothing,
            BosTokenId = json.Int("bos_token_id") ?? defaults.BosTokenId,
            SepTokenId = json.Int("sep_token_id") ?? defaults.SepTokenId,
            PadTokenId = json.Int("pad_token_id") ?? defaults.PadTokenId,
            IsDecoder = json.Bool("is_decoder") ?? defaults.IsDecoder,
            TieWordEmbeddings = json.Bool("tie_word_embeddings") ?? tieWordEmbeddings ?? defaults.TieWordEmbeddings,
        };
    }

    internal void Validate(ConfigRules rules)
    {
        rules.Tower(HiddenSize, IntermediateSize, Layers, Heads, HiddenAct, LayerNormEps);
        rules.Size("vocab_size", VocabularySize, ConfigRules.LargestVocabulary);
        rules.Size("max_position_embeddings", MaxPositions, ConfigRules.MostPositions);
        rules.Share("hidden_dropout_prob", HiddenDropout);
        rules.Share("attention_probs_dropout_prob", AttentionDropout);
        rules.Share("label_smoothing", LabelSmoothing);
        rules.Matrix("vocab_size", "word embeddings", VocabularySize, HiddenSize);
        rules.Matrix("max_position_embeddings", "position embeddings", MaxPositions, HiddenSize);
        foreach (var (field, token) in new[] { ("bos_token_id", BosTokenId), ("sep_token_id", SepTokenId), ("pad_token_id", PadTokenId) })
            rules.Require(field, token >= 0 && token < VocabularySize,
                $"{token} does not lie within the {VocabularySize} words of vocab_size");
    }
}
