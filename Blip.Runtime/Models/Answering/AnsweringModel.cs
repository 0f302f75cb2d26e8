using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using ILGPU;

namespace Blip.Runtime.Models;

/// <summary>
/// <c>BlipForQuestionAnswering</c> on a device. <see cref="Ask"/> reads questions over images; generation then drives the decoder through
/// <see cref="ITextDecoder"/>, with questions in place of images. One thread at a time.
/// </summary>
internal sealed partial class AnsweringModel : BlipModel, ITextDecoder
{
    private readonly AnsweringGraphs graphs;
    private readonly CachedDecoder decoder;
    private readonly PlanCache<TextSizes> questionPlans;
    private readonly GrowingBuffer<float>[] questionKeysValues;
    private Conversation? asked;

    private readonly TextRunner runner;

    private AnsweringModel(ModelContext context, AnsweringGraphs graphs)
        : base(context, graphs)
    {
        this.graphs = graphs;
        runner = new TextRunner(context, Vision);
        decoder = context.Own(new CachedDecoder(Executor, Config.Text, graphs.Decoder, context.KeptPlans));
        questionPlans = runner.PlansOf(graphs.Question());
        questionKeysValues = [.. Enumerable.Range(0, Config.Text.Layers).Select(_ => context.Own(new GrowingBuffer<float>(Device)))];
        scoring = new Scoring(this);
    }

    /// <inheritdoc/>
    public int VocabularySize => Config.Text.VocabularySize;

    /// <inheritdoc/>
    public int MaxPositions => Config.Text.MaxPositions;

    public int Asked => asked?.Questions.Length ?? 0;

    /// <summary>Loads a checkpoint that answers questions.</summary>
    /// <exception cref="CheckpointException">A tensor is missing or has another shape than the config's.</exception>
    public static AnsweringModel Load(ModelSource source, Device device, ModelOptions? options = null) =>
        Load(
            new ModelContext(source, BlipHead.VisualQuestionAnswering, device, options),
            context => new AnsweringModel(context, new AnsweringGraphs(context.Config, context.OutputMatrix)));

    /// <summary>Reads questions over their images. Answers refer to them until the next call.</summary>
    /// <param name="images">The images.</param>
    /// <param name="questions">Token ids of each question; lengths may differ.</param>
    /// <param name="imageOf">The image of each question; null if the counts agree or there is one image.</param>
    /// <param name="attendPadding">
    /// True lets answers attend to the padding of shorter questions, as both references do; they then depend on the batch's longest
    /// question.
    /// </param>
    /// <exception cref="ArgumentException">
    /// A question is invalid, an image does not exist, or the images belong to another model.
    /// </exception>
    public void Ask(ImageStates images, IReadOnlyList<int[]> questions, IReadOnlyList<int>? imageOf = null, bool attendPadding = false)
    {
        asked = null;
        decoder.Forget();
        var imageRow = runner.CheckTexts(questions, images, imageOf)!;
        var next = new Conversation(
            images, images.Version, [.. questions], imageRow, questions.Max(question => question.Length), attendPadding);
        var plan = runner.BindTexts(questionPlans, questions, images, imageRow);
        for (var layer = 0; layer < questionKeysValues.Length; layer++)
            plan.Bind(plan.Graph.Output(graphs.Decoder.SourceName(layer)), QuestionKeysValues(next, layer));
        plan.Run();
        asked = next;
    }

    /// <inheritdoc/>
    public object? StepIdentity => decoder.StepIdentity;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">No question was asked.</exception>
    /// <exception cref="ArgumentException">The state is for another number of questions.</exception>
    public ArrayView<float> Prefill(DecodingState state)
    {
        var source = Source(Question);
        if (state.Images != source.Rows)
            throw new ArgumentException($"The state is for {state.Images} questions, and {source.Rows} were asked.", nameof(state));
        return decoder.Prefill(state, source);
    }

    /// <inheritdoc/>
    public ArrayView<float> Step(DecodingState state) => decoder.Step(state);

    /// <summary>
    /// Where in the image each token of a question looked. <see cref="AttentionMethod.Rollout"/> ends at the image encoder's output;
    /// <see cref="VisionEncoder.Rollout"/> continues from there.
    /// </summary>
    /// <exception cref="InvalidOperationException">No question was asked, or its images were replaced.</exception>
    /// <exception cref="ArgumentException">There is no such question, or the method does not apply to questions.</exception>
    public CrossAttention ImageAttention(int question, AttentionMethod method = AttentionMethod.CrossAttention)
    {
        var (states, tokens) = (Question.Images, CheckQuestion(question));
        if (states.Version != Question.Version)
            throw new InvalidOperationException("The images of the questions were replaced by others; ask again.");
        var (watch, outputs) = TextTower.Seen(Config.Text, graphs.ImageReader, method);
        using var plan = runner.PlanTexts(graphs.Question(watch).Keeping(outputs), [tokens], states, [Question.ImageRow[question]]);
        plan.Run();
        return TextTower.ReadSeen(plan, Config.Text, graphs.ImageReader, method, tokens.Length, states.Tokens);
    }

    /// <summary>
    /// Where in the question each token of an answer looked; the result's image tokens are the question's, padding included.
    /// </summary>
    /// <exception cref="InvalidOperationException">No question was asked.</exception>
    /// <exception cref="ArgumentException">
    /// There is no such question, a token is outside the vocabulary, or the method does not apply to answers.
    /// </exception>
    public CrossAttention AnswerAttention(
        int question, ReadOnlySpan<int> tokens, AttentionMethod method = AttentionMethod.CrossAttention) =>
        decoder.CrossAttention(Source(Question), question, tokens, method);

    /// <summary>Plans the decoder over whole answers, with the named outputs or all; the caller runs and disposes it.</summary>
    internal Plan Whole(RecordedOutputs watch, ReadOnlySpan<int> ids, int tokens, ReadOnlySpan<int> questionRow, ReadOnlySpan<int> mask,
        IReadOnlyList<string>? outputs) =>
        decoder.Whole(Source(Question), watch, ids, tokens, questionRow, mask, outputs);

    /// <summary>
    /// Plans the reading of questions with recorded outputs; the caller runs, reads and disposes it before the next call.
    /// </summary>
    internal Plan QuestionPlan(
        RecordedOutputs watch, ImageStates images, IReadOnlyList<int[]> questions, IReadOnlyList<int>? imageOf = null) =>
        runner.PlanTexts(graphs.Question(watch), questions, images, imageOf);

    private Conversation Question => asked ?? throw new InvalidOperationException("No question was asked; ask first.");

    private int[] CheckQuestion(int question) => (uint)question < (uint)Question.Questions.Length
        ? Question.Questions[question]
        : throw new ArgumentException($"There is no question {question}; {Question.Questions.Length} were asked.", nameof(question));

    private DecoderSource Source(Conversation about) => new(
        about.Questions.Length, about.Tokens, layer => QuestionKeysValues(about, layer), about.AttendPadding ? null : about.Lengths);

    private ArrayView<float> QuestionKeysValues(Conversation about, int layer) =>
        questionKeysValues[layer].View((long)about.Questions.Length * about.Tokens * 2 * Config.Text.HiddenSize);

    private sealed record Conversation(ImageStates Images, int Version, int[][] Questions, int[] ImageRow, int Tokens, bool AttendPadding)
    {
        public int[] Lengths { get; } = [.. Questions.Select(question => question.Length)];
    }
}
