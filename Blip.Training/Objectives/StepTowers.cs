using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Nodes;
using Blip.Runtime.Models;

namespace Blip.Training.Objectives;

/// <summary>The parts of steps' graphs: inference's towers, with other inputs.</summary>
/// <param name="g">The graph.</param>
/// <param name="config">The model's sizes.</param>
/// <param name="noise">The random omissions; null for none.</param>
internal sealed class StepTowers(GraphBuilder g, BlipConfig config, TrainingNoise? noise = null)
{
    /// <summary>Input: images <c>[images, 3, side, side]</c>.</summary>
    public const string Pixels = "pixel_values";

    /// <summary>The text towers' places in the checkpoint.</summary>
    public static readonly ModulePath Encoder = new("text_encoder"), Decoder = new("text_decoder");

    /// <summary>Symbols of sizes.</summary>
    public static readonly Dim Images = Dim.Of("images");

    /// <summary>Records the vision tower.</summary>
    /// <param name="side">The images' side in pixels.</param>
    /// <returns>Embeddings <c>[images, 1 + patches, hidden]</c>.</returns>
    public Value Vision(int side) => VisionTower.Record(g, config.Vision, g.Input(Pixels, new Shape(Images, 3, side, side)), noise: noise);

    /// <summary>Keys and values that a text tower attends to, for each of its layers.</summary>
    public List<Value> KeysValues(Value source, ModulePath bert) =>
        [.. TextTower.CrossAttentions(config.Text, bert).Select(attention => TextTower.KeysValues(g, config.Text, source, attention))];

    /// <summary>Records a text encoder over padded texts.</summary>
    /// <param name="text">The names of its inputs.</param>
    /// <param name="source">Keys and values that it attends to; null for texts alone.</param>
    /// <param name="secondSourceRow">The input that names the second source of each row; null where a layer has one cross-attention.</param>
    /// <returns>States <c>[rows, tokens, hidden]</c>.</returns>
    public Value Encode(TextNames text, IReadOnlyList<Value>? source, string? secondSourceRow = null) => TextTower.Record(
        g, config.Text, Ints(text.Ids, text.Rows, text.Tokens),
        new AttentionInputs
        {
            Noise = noise,
            Mask = Ints(text.Mask, text.Rows, text.Tokens),
            Source = source,
            SourceRow = source is null || text.SourceRow is null ? null : Ints(text.SourceRow, text.Rows),
            SecondSourceRow = secondSourceRow is null ? null : Ints(secondSourceRow, text.Rows),
        },
        Encoder);

    /// <summary>Records the decoder over padded texts, of which each token sees those before it, and its loss.</summary>
    /// <param name="text">The names of its inputs.</param>
    /// <param name="source">Keys and values that it attends to.</param>
    /// <param name="sourceMask">1 for a token of a row's source and 0 for padding; null where nothing is padded.</param>
    /// <param name="outputMatrix">Key of the head's matrix; null where it is tied to the word embeddings.</param>
    /// <param name="labelSmoothing">The share of a target that is spread over the vocabulary.</param>
    /// <returns>The logits, and the loss's gradient with respect to them.</returns>
    public (Value Logits, Value Gradient) Decode(
        TextNames text, IReadOnlyList<Value> source, Value? sourceMask, string? outputMatrix, double labelSmoothing)
    {
        var bert = Decoder / "bert";
        var x = TextTower.Record(
            g, config.Text, Ints(text.Ids, text.Rows, text.Tokens),
            new AttentionInputs
            {
                Noise = noise,
                Causal = true,
                Source = source,
                SourceRow = text.SourceRow is null ? null : Ints(text.SourceRow, text.Rows),
                SourceMask = sourceMask,
            },
            bert);
        var words = TextTower.WordEmbeddings(config.Text, bert);
        var weight = outputMatrix is null ? words : new Matrix([outputMatrix], words.OutFeatures, words.InFeatures);
        var logits = LanguageModelHead.Record(g, config.Text, x, weight, Decoder / "cls");
        var weights = g.Input(text.Weights, new Shape(text.Rows, text.Tokens));
        return (logits, Loss(CaptionObjective.Loss, logits, Ints(text.Labels, text.Rows, text.Tokens), weights, labelSmoothing));
    }

    /// <summary>Records a softmax cross-entropy, and shows its losses.</summary>
    /// <returns>The gradient with respect to the logits.</returns>
    public Value Loss(string objective, Value logits, Value labels, Value weights, double labelSmoothing)
    {
        var (losses, gradient) = g.CrossEntropy(logits, labels, weights, labelSmoothing, new ModulePath(objective));
        g.Output(StepGraph.LossOf(objective), losses);
        return gradient;
    }

    /// <summary>Records a projection of the first token's state to a vector of length one.</summary>
    public Value Project(Value states, string projection)
    {
        var at = new ModulePath(projection);
        return g.L2Normalize(g.Linear(g.SelectToken(states, null, at / "first"), at, config.ImageTextHiddenSize), at / "normalized");
    }

    private Value Ints(string name, params ReadOnlySpan<Dim> dims) => g.Input(name, new Shape(dims), DType.Int32);
}

/// <summary>The names of a text tower's inputs, and of their sizes, in the graph of a step.</summary>
/// <param name="Prefix">Sets them apart from those of another tower.</param>
/// <param name="SharesSource">Whether rows name their source; otherwise each has a separate one.</param>
internal sealed record TextNames(string Prefix, bool SharesSource = false)
{
    /// <summary>Rows.</summary>
    public Dim Rows => Dim.Of(RowsName);

    /// <summary>Tokens of the longest row.</summary>
    public Dim Tokens => Dim.Of(TokensName);

    /// <summary>The symbol of the rows.</summary>
    public string RowsName => $"{Prefix}_rows";

    /// <summary>The symbol of the tokens.</summary>
    public string TokensName => $"{Prefix}_tokens";

    /// <summary>Token ids <c>[rows, tokens]</c>.</summary>
    public string Ids => $"{Prefix}_ids";

    /// <summary>1 for a token and 0 for padding <c>[rows, tokens]</c>.</summary>
    public string Mask => $"{Prefix}_mask";

    /// <summary>Which source a row looks at <c>[rows]</c>; null where each has its own.</summary>
    public string? SourceRow => SharesSource ? $"{Prefix}_source" : null;

    /// <summary>The label of each place, or of each row.</summary>
    public string Labels => $"{Prefix}_labels";

    /// <summary>The weight of each place, or of each row.</summary>
    public string Weights => $"{Prefix}_weights";
}
