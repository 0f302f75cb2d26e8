using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;

namespace Blip.Tests.Pipelines;

public sealed class QuestionAnswererTests(QuestionAnswererTests.Loaded loaded) : IClassFixture<QuestionAnswererTests.Loaded>
{
    private static readonly QuestionAnswererOptions OnCpu = new() { Device = "cpu" };
    private static readonly string[] Questions = [.. DemoAnswering.Questions.Select(question => question.Question).Distinct()];
    private static readonly string[] Colors =
        ["red", "green", "blue", "yellow", "purple", "orange", "white", "black", "gray", "pink", "brown", "cyan"];

    private readonly QuestionAnswerer answerer = loaded.Answerer;

    /// <summary>The demo answerer, loaded once.</summary>
    public sealed class Loaded : IDisposable
    {
        public QuestionAnswerer Answerer { get; } = QuestionAnswerer.Load(DemoAnswering.Model, OnCpu);

        public void Dispose() => Answerer.Dispose();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static IEnumerable<ImageSource> Samples => Demo.Paths.Select(path => (ImageSource)path);

    private static IAsyncEnumerable<ImageText> Pairs =>
        DemoAnswering.Questions.Select(question => new ImageText(question.Path, question.Question)).ToAsyncEnumerable();

    [Theory]
    [MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public async Task Every_sample_has_the_references_answers_on_every_device(string id)
    {
        Devices.Open(id).Dispose();
        using var own = QuestionAnswerer.Load(DemoAnswering.Model, OnCpu with { Device = id, BatchSize = 5 });
        foreach (var beams in (int[])[1, 3])
        {
            var options = new AnswerOptions { Generation = own.Defaults with { MaxLength = 8, NumBeams = beams } };
            var results = await own.AnswerAllAsync(Pairs, options, Token).ToListAsync(Token);
            Assert.Equal(DemoAnswering.Questions.Select(question => question.Answer), results.Select(result => result.Answer?.Text));
            if (beams == 1)
                Assert.Equal(DemoAnswering.Questions.Select(question => question.Tokens), results.Select(result => result.Answer!.Tokens));
        }
    }

    [Fact]
    public async Task A_questions_answer_is_the_one_that_it_has_alone_to_the_last_bit()
    {
        using var batches = QuestionAnswerer.Load(DemoAnswering.Model, OnCpu with { BatchSize = 7, ImageCacheBytes = 0 });
        var options = new AnswerOptions { Generation = answerer.Defaults with { NumBeams = 2, NumReturnSequences = 2 } };
        var results = await batches.AnswerAllAsync(Samples, Questions, options, Token).ToListAsync(Token);
        Assert.Equal(Demo.Paths.Length * Questions.Length, results.Count);
        for (var i = 0; i < results.Count; i += 5)
        {
            var (path, question) = (Demo.Paths[i / Questions.Length], Questions[i % Questions.Length]);
            Assert.Equal((path, question), (results[i].Source.Name, results[i].Question));
            Assert.Equal(Shown(batches.Answer(path, question, options, Token)), Shown(results[i].Answer!));
        }
        using var kept = answerer.Encode(Demo.Paths[1], Token);
        Assert.Equal(
            results.Where(result => result.Source.Name == Demo.Paths[1]).Select(result => Shown(result.Answer!)),
            answerer.Answer(kept, Questions, options, Token).Select(Shown));

        static string Shown(Answer answer) =>
            string.Join('|', answer.All.Select(one => $"{one.Text} {string.Join(' ', one.Tokens)} {one.Score:R}"));
    }

    [Fact]
    public void An_answer_out_of_a_list_is_the_likeliest()
    {
        var options = new AnswerOptions { Candidates = Colors };
        foreach (var question in DemoAnswering.Questions.Where(
            question => question.Question.StartsWith("what color", StringComparison.Ordinal)))
        {
            var answer = answerer.Answer(question.Path, question.Question, options, Token);
            Assert.Equal(question.Answer, answer.Text);
            Assert.Equal(question.Tokens, answer.Tokens);
            Assert.Equal(Colors.Order(), answer.All.Select(other => other.Text).Order());
            Assert.Equal(answer.All.Select(other => other.Score).OrderDescending(), answer.All.Select(other => other.Score));
        }
        var few = answerer.Answer(Demo.Paths[0], "what color is the background?", options with { CandidateCount = 3 }, Token);
        Assert.Equal(3, few.All.Count());
    }

    [Fact]
    public async Task A_list_gives_the_same_answers_alone_and_in_company()
    {
        var options = new AnswerOptions { Candidates = [.. Colors, "yes", "no", "one", "two", "a large star"] };
        var results = await answerer.AnswerAllAsync(Samples.Take(3), Questions, options, Token).ToListAsync(Token);
        foreach (var result in results)
            Assert.Equal(answerer.Answer(result.Source, result.Question, options, Token).All.Select(one => (one.Text, one.Score)),
                result.Answer!.All.Select(one => (one.Text, one.Score)));
    }

    [Fact]
    public async Task Words_combine_to_the_answer()
    {
        var options = new AnswerOptions { Generation = answerer.Defaults with { MinNewTokens = 5, MaxNewTokens = 6 } };
        using var image = answerer.Encode(Demo.Paths[0], Token);
        var words = await answerer.StreamAsync(image, Questions[0], options, Token).ToListAsync(Token);
        Assert.True(words.Count > 1);
        Assert.Equal(answerer.Answer(Demo.Paths[0], Questions[0], options, Token).Text, string.Concat(words));
        Assert.Throws<ArgumentException>(
            () => answerer.StreamAsync(image, Questions[0], new AnswerOptions { Generation = new() { NumBeams = 2 } }, Token));
        Assert.Throws<ArgumentException>(() => answerer.StreamAsync(image, Questions[0], new AnswerOptions { Candidates = Colors }, Token));
    }

    [Fact]
    public void Twenty_questions_take_the_steps_of_one_and_a_kept_image_is_not_encoded_again()
    {
        using var own = QuestionAnswerer.Load(DemoAnswering.Model, OnCpu with { ImageCacheBytes = 0 });
        var options = new AnswerOptions { Generation = own.Defaults with { MaxNewTokens = 1 } };
        var twenty = Enumerable.Range(0, 20).Select(i => $"is there a ring {(char)('a' + i)}?").ToArray();
        var one = Steps(() => own.Answer(Demo.Paths[0], twenty[..1], options, Token));
        Assert.Equal(1, one["image"] / 2);
        Assert.True(one["vision"] > 0 && one["image-keys-values"] > 0);
        Assert.Equal(one.OrderBy(stage => stage.Key),
            Steps(() => own.Answer(Demo.Paths[0], twenty, options, Token)).OrderBy(stage => stage.Key));

        using var image = own.Encode(Demo.Paths[0], Token);
        own.Answer(image, twenty[0], options, Token);
        var kept = Steps(() => own.Answer(image, twenty[1], options, Token));
        Assert.Empty(kept.Keys.Intersect(["image", "vision", "image-keys-values"]));
        Assert.Equal(one["question"], kept["question"]);

        Dictionary<string, int> Steps(Action work)
        {
            own.Profiler = new Profiler();
            work();
            var steps = own.Profiler.Steps.CountBy(step => step.Stage).ToDictionary(stage => stage.Key, stage => stage.Value);
            own.Profiler = null;
            return steps;
        }
    }

    [Fact]
    public async Task Padding_is_looked_at_only_where_it_is_asked_for()
    {
        string[] questions = ["what color is the ring?", "is the large white ring left of the small black star on the cyan background?"];
        var own = new AnswerOptions { Generation = answerer.Defaults with { NumBeams = 2 } };
        var scores = answerer.Answer(Demo.Paths[0], questions, own, Token).Select(answer => answer.Score).ToArray();
        Assert.Equal(questions.Select(question => answerer.Answer(Demo.Paths[0], question, own, Token).Score), scores);
        var attended = answerer.Answer(Demo.Paths[0], questions, own with { AttendPadding = true }, Token);
        Assert.NotEqual(scores[0], attended[0].Score);
        Assert.Equal(scores[1], attended[1].Score);
        Assert.Equal(scores[0], (await answerer.AnswerAsync(Demo.Paths[0], questions[0], own with { AttendPadding = true }, Token)).Score);
    }

    [Fact]
    public async Task What_is_wrong_with_one_is_its_own_result()
    {
        var endless = string.Join(' ', Enumerable.Repeat("star", 80));
        ImageText[] pairs =
        [
            new("no/such/file.png", "a"), new("no/such/file.png", "b"), new(Demo.Paths[0], Questions[0]), new(Demo.Paths[0], endless),
                new(Demo.Paths[0], Questions[0]),
        ];
        var results = await answerer.AnswerAllAsync(pairs.ToAsyncEnumerable(), cancellationToken: Token).ToListAsync(Token);
        Assert.Equal(pairs.Select(pair => (pair.Image, pair.Text)),
            results.Select(result => (result.Source, result.Question)).Select((result, i) => (pairs[i].Image, result.Question)));
        Assert.Equal([false, false, true, false, true], results.Select(result => result.Succeeded));
        Assert.All(results.Where(result => !result.Succeeded),
            result => Assert.StartsWith($"{result.Source.Name}: ", result.Error, StringComparison.Ordinal));
        Assert.Throws<ImageException>(() => answerer.Answer("no/such/file.png", Questions[0], cancellationToken: Token));
        Assert.ThrowsAny<ArgumentException>(() => answerer.Answer(Demo.Paths[0], endless, cancellationToken: Token));
        Assert.ThrowsAny<ArgumentException>(() => answerer.AnswerAllAsync(Samples, [endless], cancellationToken: Token));
        Assert.StartsWith("CandidateCount is 0",
            Assert.Throws<ArgumentException>(
            () => answerer.Answer(Demo.Paths[0], "a", new AnswerOptions { CandidateCount = 0 }, Token)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancellation_ends_a_stream_and_leaves_the_answerer_usable()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var taken = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var result in answerer.AnswerAllAsync(
                Enumerable.Repeat((ImageSource)Demo.Paths[0], 10_000), Questions, cancellationToken: stop.Token))
            {
                if (++taken == 3)
                    await stop.CancelAsync();
            }
        });
        Assert.InRange(taken, 3, 100 * Questions.Length);
        Assert.Equal("cyan", answerer.Answer(Demo.Paths[0], "what color is the background?", cancellationToken: Token).Text);
    }

    [Fact]
    public async Task Many_threads_may_call_at_once()
    {
        var expected = DemoAnswering.Questions;
        await Parallel.ForAsync(0, 72, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Token }, async (i, token) =>
        {
            var question = expected[i % expected.Count];
            Assert.Equal(question.Tokens, (await answerer.AnswerAsync(question.Path, question.Question, cancellationToken: token)).Tokens);
        });
    }

    [Fact]
    public void A_checkpoint_without_a_vocabulary_cannot_be_asked()
    {
        using var synthetic = QuestionAnswerer.Load("synthetic:tiny-square", OnCpu);
        Assert.Contains("VocabularyFile",
            Assert.Throws<ArgumentException>(() => synthetic.Answer(Demo.Paths[0], "a", cancellationToken: Token)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Another_heads_checkpoint_is_refused() => Assert.Throws<CheckpointException>(() => QuestionAnswerer.Load(Demo.Model, OnCpu));
}
