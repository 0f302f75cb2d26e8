using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Backward;
using Blip.Runtime.Models;

namespace Blip.Training.Objectives;

/// <summary>An answer of a batch.</summary>
/// <param name="Ids">Its tokens, from [DEC] to [SEP].</param>
/// <param name="Question">The place of its question.</param>
/// <param name="Weight">How much it counts.</param>
internal sealed record BatchAnswer(int[] Ids, int Question, double Weight);

/// <summary>Questions about a batch of images, one for each, and their answers.</summary>
/// <param name="Questions">Token ids of each image's question, from [ENC] to [SEP].</param>
/// <param name="Answers">The answers, those of a question one after the other.</param>
internal sealed record AnswerBatch(IReadOnlyList<int[]> Questions, IReadOnlyList<BatchAnswer> Answers);

/// <summary>
/// Visual question answering as generation: the decoder writes each answer over the question's states; a question's answers are weighted by
/// their share and their losses summed over tokens; BLIP (Li et al. 2022), section 5.3, and the authors' <c>blip_vqa.py</c>.
/// </summary>
internal static class AnswerObjective
{
    /// <summary>The encoder's inputs.</summary>
    public static readonly TextNames Question = new("question");

    /// <summary>The decoder's inputs.</summary>
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

    /// <summary>Sizes of a batch.</summary>
    public static IEnumerable<(string Symbol, int Size)> Sizes(AnswerBatch batch) =>
    [
        ("images", batch.Questions.Count),
        (Question.RowsName, batch.Questions.Count), (Question.TokensName, batch.Questions.Max(text => text.Length)),
        (Answer.RowsName, batch.Answers.Count), (Answer.TokensName, CaptionObjective.Places([.. batch.Answers.Select(answer => answer.Ids)])),
    ];

    /// <summary>Copies a batch to the device.</summary>
    /// <param name="plan">The step's plan for the batch's sizes.</param>
    /// <param name="inputs">Where the copies lie.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="questions">Questions of the whole step, of which the loss is the mean.</param>
    /// <param name="scale">The factor of the loss.</param>
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

    /// <summary>Ones for each token of each text.</summary>
    public static List<int[]> Mask(IReadOnlyList<int[]> texts) => [.. texts.Select(text => Enumerable.Repeat(1, text.Length).ToArray())];
}
