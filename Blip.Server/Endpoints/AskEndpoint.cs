using System.Runtime.CompilerServices;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Server.Hosting;
using Blip.Server.Http;
using Blip.Server.Requests;

namespace Blip.Server.Endpoints;

/// <summary><c>POST /ask</c>: every question about every image.</summary>
internal sealed class AskEndpoint(ModelSet models, RequestInputs inputs)
{
    public async Task<IResult> HandleAsync(HttpContext http)
    {
        var cancellationToken = http.RequestAborted;
        var (request, images) = await inputs.ReadSomeAsync<AskRequest>(http.Request, cancellationToken).ConfigureAwait(false);
        var questions = request.Asked();
        var answerer = models.Ask.Get();
        var options = request.Options(answerer);
        if (images is [var image] && questions is [var question])
        {
            if (request.Stream == true && options is { Candidates: [], Generation: { NumBeams: 1, NumReturnSequences: 1 } })
                return new EventStream(WordsAsync(answerer, image, question, options, cancellationToken));
            if (request.Stream != true)
                return Json([Of(image, question,
                    await answerer.AnswerAsync(image, question, options, cancellationToken).ConfigureAwait(false))]);
        }
        var all = answerer.AnswerAllAsync(images, questions, options, cancellationToken).Select(Of);
        return request.Stream == true
            ? new EventStream(all.Select(answer => new StreamedEvent(answer, "answer")))
            : Json(await all.ToListAsync(cancellationToken).ConfigureAwait(false));
    }

    private static IResult Json(IReadOnlyList<AnsweredQuestion> results) => TypedResults.Json(new AskResponse(results), JsonBodies.Writing);

    private static async IAsyncEnumerable<StreamedEvent> WordsAsync(
        QuestionAnswerer answerer, ImageSource image, string question, AnswerOptions options,
            [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Answer? whole = null;
        await foreach (var word in answerer.StreamAsync(image, question, options, answer => whole = answer, cancellationToken)
            .ConfigureAwait(false))
            yield return new StreamedEvent(new StreamedWords(word), "words");
        yield return new StreamedEvent(
            Of(image, question, whole ?? throw new ImageException($"{image.Name}: the words ended before the answer.")), "answer");
    }

    private static AnsweredQuestion Of(AnswerResult result) => result.Succeeded
        ? Of(result.Source, result.Question, result.Answer)
        : new AnsweredQuestion(result.Source.Name, result.Question, Error: result.Error);

    private static AnsweredQuestion Of(ImageSource image, string question, Answer answer) => new(
        image.Name, question, answer.Text, answer.Score, answer.Tokens.Count - 1,
        answer.Alternatives.Count == 0 ? null : [.. answer.Alternatives.Select(other => new ScoredText(other.Text ?? "", other.Score))]);
}

internal sealed record AskRequest : GenerationRequest, IImageRequest
{
    /// <summary>One image: base64, or a data: address.</summary>
    public string? Image { get; init; }

    /// <summary>Several images.</summary>
    public IReadOnlyList<string>? Images { get; init; }

    /// <summary>One question.</summary>
    public string? Question { get; init; }

    /// <summary>Several questions.</summary>
    public IReadOnlyList<string>? Questions { get; init; }

    /// <summary>Answers to choose among, instead of writing one.</summary>
    public IReadOnlyList<string>? Candidates { get; init; }

    /// <summary>How many candidates, those with the likeliest first words, are read to their ends.</summary>
    public int? CandidateCount { get; init; }

    /// <summary>Words or phrases that no answer holds.</summary>
    public IReadOnlyList<string>? BadWords { get; init; }

    /// <summary>Answers to each question, best first: of a beam search or of draws.</summary>
    public int? NumReturnSequences { get; init; }

    /// <summary>Whether the answer comes as server-sent events: words of one answer, or whole answers.</summary>
    public bool? Stream { get; init; }

    /// <summary>The questions.</summary>
    /// <exception cref="RequestException">There is none.</exception>
    public IReadOnlyList<string> Asked()
    {
        IReadOnlyList<string> asked = Question is null
            ? Questions ?? [] : Questions is null ? [Question]
            : throw RequestException.Bad("question and questions are both given: give one of them.", "questions");
        return asked.Count > 0 && !asked.Any(string.IsNullOrWhiteSpace)
            ? asked
            : throw RequestException.Bad(
                "There is no question, or an empty one: ask something with 'question' or 'questions'.", "question");
    }

    public AnswerOptions Options(QuestionAnswerer answerer)
    {
        var generation = Apply(answerer.Defaults);
        var defaults = new AnswerOptions();
        return new AnswerOptions
        {
            Generation = generation with { NumReturnSequences = NumReturnSequences ?? generation.NumReturnSequences },
            Candidates = Candidates ?? [],
            CandidateCount = CandidateCount ?? defaults.CandidateCount,
            BadWords = BadWords ?? [],
        };
    }
}

/// <summary>The answer of <c>/ask</c>.</summary>
/// <param name="Results">All questions of the first image, then of the next.</param>
internal sealed record AskResponse(IReadOnlyList<AnsweredQuestion> Results);

/// <summary>The answer to one question about one image, or its error.</summary>
/// <param name="Image">The image's name.</param>
/// <param name="Question">The question.</param>
/// <param name="Answer">The answer.</param>
/// <param name="Score">From its tokens' log-probabilities.</param>
/// <param name="Tokens">Its number of tokens.</param>
/// <param name="Alternatives">Other answers, best first.</param>
/// <param name="Error">Why there is no answer.</param>
internal sealed record AnsweredQuestion(
    string Image, string Question, string? Answer =
        null, double? Score = null, int? Tokens = null, IReadOnlyList<ScoredText>? Alternatives = null, string? Error = null);
