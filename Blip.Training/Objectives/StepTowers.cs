using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Nodes;
using Blip.Runtime.Models;

namespace Blip.Training.Objectives;

/// <summary>The towers of training graphs: inference's towers with other inputs.</summary>
internal sealed class StepTowers(GraphBuilder g, BlipConfig config, TrainingNoise? noise = null)
{
    /// <summary>Input: images <c>[images, 3, side, side]</c>.</summary>
    public const string Pixels = "pixel_values";

    /// <summary>The text towers' paths in the checkpoint.</summary>
    public static readonly ModulePath Encoder = new("text_encoder"), Decoder = new("text_decoder");

    public static readonly Dim Images = Dim.Of("images");

    /// <summary>Records the vision tower: embeddings <c>[images, 1 + patches, hidden]</c>.</summary>
    public Value Vision(int side) => VisionTower.Record(g, config.Vision, g.Input(Pixels, new Shape(Images, 3, side, side)), noise: noise);

    /// <summary>Keys and values for each layer of a text tower.</summary>
    public List<Value> KeysValues(Value source, ModulePath bert) =>
        [.. TextTower.CrossAttentions(config.Text, bert).Select(attention => TextTower.KeysValues(g, config.Text, source, attention))];

    /// <summary>
    /// Records a text encoder over padded texts: states <c>[rows, tokens, hidden]</c>. A null source means texts alone; a second one is for
    /// twin cross-attention.
    /// </summary>
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

    /// <summary>
    /// Records the causal decoder over padded texts. The result has the logits and the loss's gradient for them. The mask is 1 for a token
    /// of a row's source. A null matrix is tied to the word embeddings.
    /// </summary>
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

    /// <summary>Records a softmax cross-entropy and outputs its losses.</summary>
    /// <returns>The gradient with respect to the logits.</returns>
    public Value Loss(string objective, Value logits, Value labels, Value weights, double labelSmoothing)
    {
        var (losses, gradient) = g.CrossEntropy(logits, labels, weights, labelSmoothing, new ModulePath(objective));
        g.Output(StepGraph.LossOf(objective), losses);
        return gradient;
    }

    /// <summary>Records a projection of the first token's state to a unit vector.</summary>
    public Value Project(Value states, string projection)
    {
        var at = new ModulePath(projection);
        return g.L2Normalize(g.Linear(g.SelectToken(states, null, at / "first"), at, config.ImageTextHiddenSize), at / "normalized");
    }

    private Value Ints(string name, params ReadOnlySpan<Dim> dims) => g.Input(name, new Shape(dims), DType.Int32);
}

/// <summary>The names of a text tower's inputs and sizes in a step's graph.</summary>
/// <param name="Prefix">Distinguishes it from other towers.</param>
/// <param name="SharesSource">Whether rows name their source; otherwise each has a separate one.</param>
internal sealed record TextNames(string Prefix, bool SharesSource = false)
{
    public Dim Rows => Dim.Of(RowsName);

    public Dim Tokens => Dim.Of(TokensName);

    public string RowsName => $"{Prefix}_rows";

    public string TokensName => $"{Prefix}_tokens";

    /// <summary>Token ids <c>[rows, tokens]</c>.</summary>
    public string Ids => $"{Prefix}_ids";

    /// <summary>1 for a token, 0 for padding <c>[rows, tokens]</c>.</summary>
    public string Mask => $"{Prefix}_mask";

    /// <summary>The source of each row <c>[rows]</c>; null where each has a separate one.</summary>
    public string? SourceRow => SharesSource ? $"{Prefix}_source" : null;

    /// <summary>The label of each token or row.</summary>
    public string Labels => $"{Prefix}_labels";

    /// <summary>The weight of each token or row.</summary>
    public string Weights => $"{Prefix}_weights";
}
