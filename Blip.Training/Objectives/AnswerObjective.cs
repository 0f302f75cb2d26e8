using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Backward;
using Blip.Runtime.Models;

namespace Blip.Training.Objectives;

/// <summary>An answer of a batch.</summary>
/// <param name="Ids">Its tokens, from [DEC] to [SEP].</param>
/// <param name="Question">The index of its question.</param>
/// <param name="Weight">Its weight in the loss.</param>
internal sealed record BatchAnswer(int[] Ids, int Question, double Weight);

/// <summary>Questions about a batch of images, one for each, and their answers.</summary>
/// <param name="Questions">Token ids of each image's question, from [ENC] to [SEP].</param>
/// <param name="Answers">The answers, grouped by question.</param>
internal sealed record AnswerBatch(IReadOnlyList<int[]> Questions, IReadOnlyList<BatchAnswer> Answers);

/// <summary>
/// Visual question answering as generation: the decoder writes each answer over the question's states. Answers are weighted by their share,
/// and their losses are summed over tokens. BLIP (Li et al. 2022), section 5.3, and the authors' <c>blip_vqa.py</c>.
/// </summary>
internal static class AnswerObjective
{
    public static readonly TextNames Question = new("question");

    public static readonly TextNames Answer = new("answer", SharesSource: true);

    private const string QuestionMask = "answer_source_mask";

    /// <inheritdoc cref="CaptionObjective.Record"/>
    public static StepGraph Record(BlipConfig config, string? outputMatrix, int side, double labelSmoothing, ObjectiveSettings settings)
    {
        var g = new GraphBuilder("train-vqa");
        var towers = new StepTowers(g, config, settings.Noise);
        var image = towers.KeysValues(towers.Vision(side), StepTowers.Encoder);
        var question = towers.KeysValues(towers.Encode(Question, image), StepTowers.Decoder / "bert");
        var mask = g.Input(QuestionMask, new Shape(Answer.Rows, Question.Tokens), DType.Int32);
        var (logits, gradient) = towers.Decode(Answer, question, mask, outputMatrix, labelSmoothing);
        var parameters = new ParameterGradients(g, settings.Trains, settings.Precision);
        g.Gradients([(logits, gradient)], parameters, settings.Checkpoints(config));
        return new StepGraph(g.Build(), parameters.Parameters, settings.Precision);
    }

    public static IEnumerable<(string Symbol, int Size)> Sizes(AnswerBatch batch) =>
    [
        ("images", batch.Questions.Count),
        (Question.RowsName, batch.Questions.Count), (Question.TokensName, batch.Questions.Max(text => text.Length)),
        (Answer.RowsName, batch.Answers.Count),
            (Answer.TokensName, CaptionObjective.Places([.. batch.Answers.Select(answer => answer.Ids)])),
    ];

    /// <summary>Copies a batch to the device. The loss is the mean over the whole step's questions.</summary>
    public static void Bind(Plan plan, StepInputs inputs, AnswerBatch batch, int questions, double scale = 1)
    {
        var tokens = batch.Questions.Max(text => text.Length);
        var masks = Mask(batch.Questions);
        inputs.Bind(plan, Question.Ids, TextInputs.Padded(batch.Questions, tokens, 0));
        inputs.Bind(plan, Question.Mask, TextInputs.Padded(masks, tokens, 0));
        inputs.Bind(plan, QuestionMask, TextInputs.Padded([.. batch.Answers.Select(answer => masks[answer.Question])], tokens, 0));
        inputs.Bind(plan, Answer.SourceRow!, [.. batch.Answers.Select(answer => answer.Question)]);
        CaptionObjective.BindTexts(
            plan, inputs, Answer, [.. batch.Answers.Select(answer => answer.Ids)], given: 1,
            [.. batch.Answers.Select(answer => (float)(scale * answer.Weight / questions))]);
    }

    /// <summary>A one for each token.</summary>
    public static List<int[]> Mask(IReadOnlyList<int[]> texts) => [.. texts.Select(text => Enumerable.Repeat(1, text.Length).ToArray())];
}
