using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Backward;
using Blip.Runtime.Models;

namespace Blip.Training.Objectives;

/// <summary>Captions of a batch of images.</summary>
/// <param name="Texts">Token ids of each image's caption, from [DEC] to [SEP].</param>
/// <param name="Given">Leading tokens that are not learned, with [DEC].</param>
internal sealed record CaptionBatch(IReadOnlyList<int[]> Texts, int Given)
{
    public int Learned => Texts.Sum(text => Math.Max(0, text.Length - Given));
}

/// <summary>
/// Language modelling with label smoothing: the next token of a caption from those before it and the image. BLIP (Li et al. 2022), section
/// 3.2 (LM), and the authors' <c>blip.py</c>.
/// </summary>
internal static class CaptionObjective
{
    public static readonly TextNames Text = new("caption");

    public const string Loss = "lm";

    /// <summary>Records a step. A null <paramref name="outputMatrix"/> means a head tied to the word embeddings.</summary>
    public static StepGraph Record(BlipConfig config, string? outputMatrix, int side, double labelSmoothing, ObjectiveSettings settings)
    {
        var g = new GraphBuilder("train-caption");
        var towers = new StepTowers(g, config, settings.Noise);
        var source = towers.KeysValues(towers.Vision(side), StepTowers.Decoder / "bert");
        var (logits, gradient) = towers.Decode(Text, source, null, outputMatrix, labelSmoothing);
        var parameters = new ParameterGradients(g, settings.Trains, settings.Precision);
        g.Gradients([(logits, gradient)], parameters, settings.Checkpoints(config));
        return new StepGraph(g.Build(), parameters.Parameters, settings.Precision);
    }

    public static IEnumerable<(string Symbol, int Size)> Sizes(CaptionBatch batch) =>
        [("images", batch.Texts.Count), (Text.RowsName, batch.Texts.Count), (Text.TokensName, Places(batch.Texts))];

    /// <summary>Copies a batch to the device. The loss is the mean over the whole step's learned tokens.</summary>
    public static void Bind(Plan plan, StepInputs inputs, CaptionBatch batch, int learned, double scale = 1) =>
        BindTexts(plan, inputs, Text, batch.Texts, batch.Given, [.. batch.Texts.Select(_ => (float)(scale / learned))]);

    /// <summary>
    /// Binds texts to the decoder: each token but the last is read, and the next one is its label. The first <paramref name="given"/>
    /// tokens are no labels. Each row has a loss weight.
    /// </summary>
    public static void BindTexts(
        Plan plan, StepInputs inputs, TextNames text, IReadOnlyList<int[]> texts, int given, IReadOnlyList<float> weights)
    {
        var places = Places(texts);
        var labels = new int[texts.Count * places];
        var shares = new float[labels.Length];
        for (var row = 0; row < texts.Count; row++)
        {
            for (var t = Math.Max(0, given - 1); t + 1 < texts[row].Length; t++)
                (labels[(row * places) + t], shares[(row * places) + t]) = (texts[row][t + 1], weights[row]);
        }
        inputs.Bind(plan, text.Ids, TextInputs.Padded([.. texts.Select(ids => ids[..^1])], places, 0));
        inputs.Bind(plan, text.Labels, labels);
        inputs.Bind(plan, text.Weights, shares);
    }

    /// <summary>Positions of a batch: the longest text's last token is only a label.</summary>
    public static int Places(IReadOnlyList<int[]> texts) => texts.Max(text => text.Length) - 1;
}
