using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Backward;
using Blip.Runtime.Models;

namespace Blip.Training.Objectives;

/// <summary>Sentences about two images each.</summary>
/// <param name="Sentences">Token ids of each sentence, from [ENC] to [SEP].</param>
/// <param name="IsTrue">Whether each is true.</param>
internal sealed record ReasoningBatch(IReadOnlyList<int[]> Sentences, IReadOnlyList<bool> IsTrue);

/// <summary>
/// Visual reasoning: cross-entropy of "false" and "true" over two images. BLIP (Li et al. 2022), section 5.4, and the authors'
/// <c>blip_nlvr.py</c>. The batch holds all left images, then all right ones.
/// </summary>
internal static class ReasoningObjective
{
    public static readonly TextNames Sentence = new("sentence", SharesSource: true);

    public const string Loss = "nlvr";

    private const string SecondSource = "sentence_second_source";

    public static StepGraph Record(BlipConfig config, int side, double labelSmoothing, ObjectiveSettings settings)
    {
        var g = new GraphBuilder("train-nlvr");
        var towers = new StepTowers(g, config, settings.Noise);
        var image = towers.Vision(side);
        List<Value> source =
            [.. TwinCrossAttention.Of(config.Text, StepTowers.Encoder)
                .Select(attention => TextTower.KeysValues(g, config.Text, image, attention))];
        var logits = ReasoningGraphs.Classified(g, towers.Encode(Sentence, source, SecondSource), config.Text);
        var (labels, weights) = (
            g.Input(Sentence.Labels, new Shape(Sentence.Rows), Kernels.DType.Int32), g.Input(Sentence.Weights, new Shape(Sentence.Rows)));
        var gradient = towers.Loss(Loss, logits, labels, weights, labelSmoothing);
        var parameters = new ParameterGradients(g, settings.Trains, settings.Precision);
        g.Gradients([(logits, gradient)], parameters, settings.Checkpoints(config));
        return new StepGraph(g.Build(), parameters.Parameters, settings.Precision);
    }

    public static IEnumerable<(string Symbol, int Size)> Sizes(ReasoningBatch batch) =>
    [
        ("images", 2 * batch.Sentences.Count),
        (Sentence.RowsName, batch.Sentences.Count), (Sentence.TokensName, batch.Sentences.Max(text => text.Length)),
    ];

    /// <summary>Copies a batch to the device. The loss is the mean over the whole step's sentences.</summary>
    public static void Bind(Plan plan, StepInputs inputs, ReasoningBatch batch, int sentences, double scale = 1)
    {
        var (rows, tokens) = (batch.Sentences.Count, batch.Sentences.Max(text => text.Length));
        inputs.Bind(plan, Sentence.Ids, TextInputs.Padded(batch.Sentences, tokens, 0));
        inputs.Bind(plan, Sentence.Mask, TextInputs.Padded(AnswerObjective.Mask(batch.Sentences), tokens, 0));
        inputs.Bind(plan, Sentence.SourceRow!, [.. Enumerable.Range(0, rows)]);
        inputs.Bind(plan, SecondSource, [.. Enumerable.Range(rows, rows)]);
        inputs.Bind(plan, Sentence.Labels, [.. batch.IsTrue.Select(isTrue => isTrue ? 1 : 0)]);
        inputs.Bind(plan, Sentence.Weights, [.. Enumerable.Repeat((float)(scale / sentences), rows)]);
    }
}
