using System.Runtime.CompilerServices;
using Blip.Extensions.AI;
using Blip.Runtime.Generation;
using Blip.Runtime.Pipelines;
using Blip.Server.Hosting;
using Blip.Server.Http;
using Blip.Server.Requests;

namespace Blip.Server.OpenAI;

/// <summary><c>POST /v1/chat/completions</c>.</summary>
internal sealed class ChatCompletions(ModelSet models, ModelCatalog catalog, ImageInputs images)
{
    public async Task<IResult> HandleAsync(HttpContext http)
    {
        var request = await JsonBodies.ReadAsync<ChatCompletionRequest>(http.Request, http.RequestAborted).ConfigureAwait(false);
        request.Check();
        var model = catalog.Chat(request.Model);
        var conversation = await Conversation.ReadAsync(request.Messages, images, http.RequestAborted).ConfigureAwait(false);
        Speaker speaker = Captions(model, conversation.Text) ? Caption(request) : Answer(request, conversation.Text);
        var answer = new ChatAnswer(model, speaker, conversation.Images, request.Stop ?? []);
        return request.Stream == true
            ? new EventStream(answer.StreamAsync(request.StreamOptions?.IncludeUsage == true, http.RequestAborted), "[DONE]")
            : TypedResults.Json(await answer.WholeAsync(http.RequestAborted).ConfigureAwait(false), JsonBodies.Writing);
    }

    private static bool Captions(string model, string text) => model switch
    {
        ModelCatalog.Caption => true,
        ModelCatalog.Ask => text.Length > 0
            ? false
            : throw RequestException.Bad("The last message has no words: ask something, or send it to the model 'caption'.", "messages"),
        _ => DescribeRequest.Is(text),
    };

    private CaptionSpeaker Caption(ChatCompletionRequest request)
    {
        if (request.Candidates is not null)
            throw RequestException.Bad(
                "candidates are answers to choose among, and this request is captioned: leave them out, or send a question to 'ask'.",
                "candidates");
        var captioner = models.Caption.Get();
        return new CaptionSpeaker(captioner, new CaptionOptions
        {
            Generation = Generation(request, captioner, captioner.Defaults, TokenCounts.Of(captioner, request.Prompt)),
            Prompt = request.Prompt,
        });
    }

    private AnswerSpeaker Answer(ChatCompletionRequest request, string question)
    {
        if (request.Prompt is not null)
            throw RequestException.Bad(
                "prompt is what a caption begins with, and this request is a question: leave it out, or send it to 'caption'.", "prompt");
        var answerer = models.Ask.Get();
        return new AnswerSpeaker(answerer, question, new AnswerOptions
        {
            Generation = Generation(request, answerer, answerer.Defaults, promptTokens: 0),
            Candidates = request.Candidates ?? [],
        });
    }

    private static GenerationOptions Generation(
        ChatCompletionRequest request, Pipeline pipeline, GenerationOptions defaults, int promptTokens)
    {
        var generation = request.Apply(defaults);
        if ((request.MaxCompletionTokens ?? request.MaxTokens) is { } most)
        {
            if (most < 1)
                throw RequestException.Bad($"max_tokens is {most}: give 1 or more.", "max_tokens");
            // Clients send limits of thousands of tokens: the model's room caps them.
            generation = generation with { MaxNewTokens = Math.Min(most, TokenCounts.Room(pipeline, promptTokens)) };
        }
        generation.Validate();
        return generation;
    }
}

/// <summary>The answer to one request: one line per image.</summary>
internal sealed class ChatAnswer(string model, Speaker speaker, IReadOnlyList<ImageSource> images, IReadOnlyList<string> stop)
{
    private readonly string id = $"chatcmpl-{Guid.NewGuid():N}";
    private readonly long created = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    public async Task<ChatCompletion> WholeAsync(CancellationToken cancellationToken)
    {
        var tally = new Tally();
        var text = "";
        await foreach (var piece in PiecesAsync(wholes: true, tally, cancellationToken).ConfigureAwait(false))
            text += piece;
        return new ChatCompletion(id, created, model, [new ChatChoice(new ChatMessageOutput(text), tally.FinishReason)], Usage(tally));
    }

    public async IAsyncEnumerable<StreamedEvent> StreamAsync(bool usage, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var tally = new Tally();
        var role = "assistant";
        await foreach (var piece in PiecesAsync(!speaker.HasWordsBeforeTheEnd, tally, cancellationToken).ConfigureAwait(false))
        {
            yield return Chunk(usage, new ChatChunkChoice(new ChatDelta(piece, role)));
            role = null;
        }
        yield return Chunk(usage, new ChatChunkChoice(new ChatDelta(null, role), tally.FinishReason));
        if (usage)
            yield return new(new ChatCompletionUsageChunk(id, created, model, [], Usage(tally)));
    }

    private StreamedEvent Chunk(bool usage, ChatChunkChoice choice) => new(
        usage ? new ChatCompletionUsageChunk(id, created, model, [choice], null) : new ChatCompletionChunk(id, created, model, [choice]));

    private TokenUsage Usage(Tally tally) => new(speaker.PromptTokens * images.Count, tally.Tokens);

    private IAsyncEnumerable<string> PiecesAsync(bool wholes, Tally tally, CancellationToken cancellationToken) =>
        (wholes ? WholesAsync(tally, cancellationToken) : WordsAsync(tally, cancellationToken)).Where(piece => piece.Length > 0);

    private async IAsyncEnumerable<string> WholesAsync(Tally tally, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var place = 0;
        var all = images.Count == 1 ? OneAsync(images[0], cancellationToken) : speaker.SayAllAsync(images, cancellationToken);
        await foreach (var said in all.ConfigureAwait(false))
        {
            var stops = new StopSequences(stop);
            var text = stops.Take(said.Text) + stops.Finish();
            tally.Add(said, stops.Stopped);
            yield return place++ == 0 ? text : $"\n{text}";
        }
    }

    private async IAsyncEnumerable<Said> OneAsync(ImageSource image, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return await speaker.SayAsync(image, cancellationToken).ConfigureAwait(false);
    }

    private async IAsyncEnumerable<string> WordsAsync(Tally tally, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var (place, image) in images.Index())
        {
            if (place > 0)
                yield return "\n";
            var stops = new StopSequences(stop);
            Said? whole = null;
            var words = 0;
            await foreach (var word in speaker.StreamAsync(image, said => whole = said, cancellationToken).ConfigureAwait(false))
            {
                words++;
                yield return stops.Take(word);
                if (stops.Stopped)
                    break;
            }
            yield return stops.Finish();
            // A stop sequence ends the work before the whole text is known: then the words so far are counted.
            tally.Add(whole ?? new Said("", words, Ended: true), stops.Stopped);
        }
    }

    private sealed class Tally
    {
        private bool cut;

        public int Tokens { get; private set; }

        public string FinishReason => cut ? "length" : "stop";

        public void Add(Said said, bool stopped)
        {
            Tokens += said.Tokens;
            cut |= !stopped && !said.Ended;
        }
    }
}
