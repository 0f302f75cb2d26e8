using System.Runtime.CompilerServices;
using Blip.Runtime.Files;
using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;
using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <content>A batch through the device.</content>
public sealed partial class QuestionAnswerer
{
    // Questions that run together: each step reads the weights once for all, and memory stays bounded.
    private const int QuestionsPerRun = 32;

    internal AnswerPlan Plan(AnswerOptions? options) => new(options ?? new AnswerOptions(), Defaults, Config.Text, Tokenizer);

    private void Check(IReadOnlyList<string> questions) => TextIds.OfEach(Host, questions, rules.Question, "Question");

    private List<Answer> Answers(
        ImageSource image, IReadOnlyList<string> questions, AnswerPlan plan, CancellationToken cancellationToken)
    {
        return All(encoder.ForOne(
            this, image, decoded => Run([new Asked(decoded, questions)], plan, cancellationToken), cancellationToken, NeedsPixels(plan)));
    }

    private async Task<IReadOnlyList<Answer>> AnswersAsync(
        ImageSource image, IReadOnlyList<string> questions, AnswerPlan plan, Action<GeneratedToken>? onToken,
            CancellationToken cancellationToken)
    {
        var conversation = new Conversation(questions, plan, onToken);
        return All(await calls.CallAsync(image, conversation, NeedsPixels(plan), cancellationToken).ConfigureAwait(false));
    }

    private List<List<AnswerResult>> RunCalls(
        IReadOnlyList<(DecodedImage Image, Conversation Work)> batch, CancellationToken cancellationToken)
    {
        var results = new Queue<AnswerResult>(Run(
            [.. batch.Select(call => new Asked(call.Image, call.Work.Questions, call.Work.OnToken))], batch[0].Work.Plan,
                cancellationToken));
        return [.. batch.Select(call => call.Work.Questions.Select(_ => results.Dequeue()).ToList())];
    }

    private (int Read, int Written) TokensOf(List<AnswerResult> results) => (
        results.Sum(result => TextIds.Of(Host, result.Question, rules.Question, "Question").Length),
        results.Sum(result => result.Answer is { } answer ? answer.Tokens.Count - 1 : 0));

    private static List<Answer> All(IReadOnlyList<AnswerResult> results) =>
        [.. results.Select(result => result.Answer ?? throw new ImageException(result.Error!))];

    private IAsyncEnumerable<AnswerResult> Results(
        IAsyncEnumerable<Questions> questions, AnswerPlan plan, CancellationToken cancellationToken) => InImageBatches(
        questions,
        about => about.Image,
        (about, decoded) => new Asked(Host.Stage(decoded), about.Texts),
        batch => Run(batch, plan, cancellationToken),
        cancellationToken);

    /// <summary>Groups consecutive questions about one image, up to <see cref="QuestionsPerRun"/>.</summary>
    private static async IAsyncEnumerable<Questions> Together(
        IAsyncEnumerable<ImageText> questions, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ImageSource? image = null;
        string? identity = null;
        var texts = new List<string>();
        await foreach (var (next, text) in questions.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            var its = next.Identity();
            var same = ReferenceEquals(next, image) || (its is not null && its == identity && next.Name == image!.Name);
            if (image is not null && (!same || texts.Count == QuestionsPerRun))
            {
                yield return new Questions(image, texts);
                texts = [];
            }
            (image, identity) = (next, its);
            texts.Add(text);
        }
        if (image is not null)
            yield return new Questions(image, texts);
    }

    private List<AnswerResult> Run(IReadOnlyList<Asked> batch, AnswerPlan plan, CancellationToken cancellationToken)
    {
        var errors = new string?[batch.Count];
        var images = encoder.Encode([.. batch.Select(about => about.Decoded)], (i, error) => errors[i] = error, NeedsPixels(plan));
        var rows = batch.SelectMany((about, i) => about.Texts.Select(text => new Row(i, text))).ToList();
        foreach (var row in rows)
            row.Result = errors[row.Item] is { } error
                ? Failed(batch[row.Item].Decoded, row.Question, error)
                : Read(batch[row.Item].Decoded, row);

        foreach (var group in rows.Where(row => row.Result is null).GroupBy(row => images[row.Item]!.Value.States))
        {
            foreach (var run in group.Chunk(QuestionsPerRun))
            {
                cancellationToken.ThrowIfCancellationRequested();
                model.Ask(group.Key, [.. run.Select(row => row.Ids)], [.. run.Select(row => images[row.Item]!.Value.Image)],
                    plan.Options.AttendPadding);
                var answers = plan.Candidates.Count > 0
                    ? Choose(plan)
                    : Write(run, token => batch[run[token.Image].Item].OnToken?.Invoke(token), plan, cancellationToken);
                foreach (var (place, (row, answer)) in run.Zip(answers.ToList()).Index())
                {
                    var decoded = batch[row.Item].Decoded;
                    row.Result = answer is null
                        ? Failed(decoded, row.Question, $"{decoded.Source.Name}: {GenerationPlan.NoWords}")
                        : plan.Options.Attention
                            ? AnswerResult.Of(decoded.Source, row.Question,
                                WithAttention(answer, place, row.Ids, images[row.Item]!.Value.Rollout, plan.Options.AttentionMethod),
                                decoded.Image)
                            : AnswerResult.Of(decoded.Source, row.Question, answer);
                }
            }
        }
        return rows.ConvertAll(row => row.Result!);
    }

    private static bool NeedsPixels(AnswerPlan plan) => AttentionRules.NeedsPixels(plan.Options.Attention, plan.Options.AttentionMethod);

    private Answer WithAttention(Answer answer, int question, int[] ids, float[]? rollout, AttentionMethod method)
    {
        var read = model.ImageAttention(question, method);
        var written = TextRollout.Compose(model.AnswerAttention(question, [.. answer.Tokens], method), read);
        return answer with
        {
            Attention = WordAttentions.Of(Host, written, rollout, answer.Tokens, WordAttentions.Written),
            QuestionAttention = WordAttentions.Of(Host, read, rollout, ids, WordAttentions.Read),
        };
    }

    // The error of an unreadable question; null for none.
    private AnswerResult? Read(DecodedImage decoded, Row row)
    {
        try
        {
            row.Ids = TextIds.Of(Host, row.Question, rules.Question, "Question");
            return null;
        }
        catch (ArgumentException e)
        {
            return Failed(decoded, row.Question, $"{decoded.Source.Name}: {FailureReason.Sentence(e)}");
        }
    }

    private IEnumerable<Answer?> Write(
        Row[] questions, Action<GeneratedToken> onToken, AnswerPlan plan, CancellationToken cancellationToken) => generator
        .Generate(model, [.. Enumerable.Repeat(plan.Start, questions.Length)], plan.Specials, plan.Generation, streams: null, onToken,
            plan.Ends, cancellationToken)
        .Select(sequences =>
            Best([.. sequences.Select(sequence => new Answer(Tokenizer?.Decode(sequence.Tokens), sequence.Tokens, sequence.Score))]));

    private IEnumerable<Answer?> Choose(AnswerPlan plan) => model
        .Rank(plan.Candidates, plan.Options.CandidateCount)
        .Select(ranked => Best([.. ranked.Select(answer => new Answer(
            plan.Options.Candidates[answer.Answer], [.. plan.Start, .. plan.Candidates[answer.Answer]], answer.LogProbability))]));

    private static Answer? Best(List<Answer> answers) =>
        answers is [var best, ..] && double.IsFinite(best.Score) ? best with { Alternatives = answers[1..] } : null;

    private static AnswerResult Failed(DecodedImage decoded, string question, string error) =>
        AnswerResult.Failed(decoded.Source, question, error);

    private readonly record struct Questions(ImageSource Image, IReadOnlyList<string> Texts);

    /// <summary>The same, ready for the device. <paramref name="OnToken"/> gets each token as it is chosen.</summary>
    private readonly record struct Asked(DecodedImage Decoded, IReadOnlyList<string> Texts, Action<GeneratedToken>? OnToken = null);

    private sealed record Conversation(IReadOnlyList<string> Questions, AnswerPlan Plan, Action<GeneratedToken>? OnToken)
    {
        /// <summary>Whether both calls may run together, with the same answers as alone.</summary>
        public bool IsLike(Conversation other) => Plan.IsLike(other.Plan) && !Plan.Options.AttendPadding;
    }

    private sealed class Row(int item, string question)
    {
        public int Item => item;

        public string Question => question;

        public int[] Ids { get; set; } = [];

        public AnswerResult? Result { get; set; }
    }
}
