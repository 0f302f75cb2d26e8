using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Backward;
using Blip.Runtime.Models;

namespace Blip.Training.Objectives;

/// <summary>Captions of a batch of images.</summary>
/// <param name="Texts">Token ids of each image's caption, from [DEC] to [SEP].</param>
/// <param name="Given">Tokens at the beginning of each that are given and not learned, [DEC] among them.</param>
internal sealed record CaptionBatch(IReadOnlyList<int[]> Texts, int Given)
{
    /// <summary>Tokens that are learned.</summary>
    public int Learned => Texts.Sum(text => Math.Max(0, text.Length - Given));
}

/// <summary>
/// Language modelling: the next token of a caption, given those before it and the image, with label smoothing; BLIP (Li et al. 2022),
/// section 3.2 (LM), and the authors' <c>blip.py</c>.
/// </summary>
internal static class CaptionObjective
{
    /// <summary>The decoder's inputs.</summary>
    public static readonly TextNames Text = new("caption");

    /// <summary>The name of its loss.</summary>
    public const string Loss = "lm";

    /// <summary>Records a step.</summary>
    /// <param name="config">The model's sizes.</param>
    /// <param name="outputMatrix">Key of the head's matrix; null where it is tied to the word embeddings.</param>
    /// <param name="side">The images' side in pixels.</param>
    /// <param name="labelSmoothing">The share of a target that is spread over the vocabulary.</param>
    /// <param name="settings">The settings of training.</param>
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

    /// <summary>Sizes of a batch.</summary>
    public static IEnumerable<(string Symbol, int Size)> Sizes(CaptionBatch batch) =>
        [("images", batch.Texts.Count), (Text.RowsName, batch.Texts.Count), (Text.TokensName, Places(batch.Texts))];

    /// <summary>Copies a batch to the device.</summary>
    /// <param name="plan">The step's plan for the batch's sizes.</param>
    /// <param name="inputs">Where the copies lie.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="learned">Tokens that are learned in the whole step, of which the loss is the mean.</param>
    /// <param name="scale">The factor of the loss.</param>
    public static void Bind(Plan plan, StepInputs inputs, CaptionBatch batch, int learned, double scale = 1) =>
        BindTexts(plan, inputs, Text, batch.Texts, batch.Given, [.. batch.Texts.Select(_ => (float)(scale / learned))]);

    /// <summary>Binds texts to the decoder: each token but the last is read, and the one after it is its label.</summary>
    /// <param name="plan">The step's plan.</param>
    /// <param name="inputs">Where the copies lie.</param>
    /// <param name="text">The decoder's inputs.</param>
    /// <param name="texts">Token ids of each row.</param>
    /// <param name="given">Tokens at the beginning that are no labels.</param>
    /// <param name="weights">The weight of each row's tokens in the loss.</param>
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

    /// <summary>Places of a batch of texts: the last token of the longest is a label alone.</summary>
    public static int Places(IReadOnlyList<int[]> texts) => texts.Max(text => text.Length) - 1;
}
