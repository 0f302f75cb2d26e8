using System.Runtime.CompilerServices;
using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Microsoft.Extensions.AI;

namespace Blip.Extensions.AI;

/// <summary>
/// BLIP behind <see cref="IChatClient"/>: an image alone is captioned; text with an image is a question about
/// it. A message without an image is about the latest image. Otherwise, earlier messages have no effect.
/// </summary>
/// <remarks>
/// A response format that is an array of strings gets one text per image of the message. Unsupported options (tools, other
/// JSON, instructions, frequency penalties) are refused; docs/hosting.md lists them and the additional properties. Thread-safe.
/// </remarks>
public sealed class BlipChatClient : IChatClient
{
    private readonly Captioner? captioner;
    private readonly QuestionAnswerer? answerer;
    private readonly bool owner;

    /// <summary>A client over pipelines, which the caller disposes.</summary>
    /// <param name="captioner">Captions images; null if not wanted.</param>
    /// <param name="answerer">Answers questions; null if not wanted.</param>
    /// <exception cref="ArgumentException">Both are null, or one has no vocabulary.</exception>
    public BlipChatClient(Captioner? captioner, QuestionAnswerer? answerer)
        : this(captioner, answerer, owner: false)
    {
    }

    private BlipChatClient(Captioner? captioner, QuestionAnswerer? answerer, bool owner)
    {
        if (captioner is null && answerer is null)
            throw new ArgumentException("Give a captioner, an answerer, or both.", nameof(captioner));
        if (captioner is { HasVocabulary: false } || answerer is { HasVocabulary: false })
            throw new ArgumentException(
                "A model without a vocabulary speaks in token ids, and a chat in words: give a VocabularyFile.", nameof(captioner));
        (this.captioner, this.answerer, this.owner) = (captioner, answerer, owner);
    }

    /// <summary>The captioner's name in responses.</summary>
    public string CaptionModelId { get; init; } = "blip-captioning";

    /// <summary>The answerer's name in responses.</summary>
    public string AnswerModelId { get; init; } = "blip-vqa";

    /// <summary>
    /// Whether messages may name images by <c>file:</c> addresses. If so, a message's author can have any image of this machine described.
    /// </summary>
    public bool AllowLocalFiles { get; init; }

    /// <summary>Loads the models that the options name; the client disposes them.</summary>
    /// <exception cref="Blip.Runtime.Checkpoints.CheckpointException">A model is missing, damaged or of another kind.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static BlipChatClient Load(BlipChatOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var captioner = options.CaptionModel is null ? null : Captioner.Load(options.CaptionModel, options.Captioner);
        try
        {
            var answerer = options.AnswerModel is null ? null : QuestionAnswerer.Load(options.AnswerModel, options.Answerer);
            return new BlipChatClient(captioner, answerer, owner: true)
            {
                CaptionModelId = captioner?.ModelName ?? "",
                AnswerModelId = answerer?.ModelName ?? "",
                AllowLocalFiles = options.AllowLocalFiles,
            };
        }
        catch
        {
            captioner?.Dispose();
            throw;
        }
    }

    /// <summary>Captions the last image, or answers the question about it.</summary>
    /// <param name="messages">The conversation; its last message is a user's.</param>
    /// <param name="options">Generation options; null for the model's defaults.</param>
    /// <param name="cancellationToken">Ends the work before the next word.</param>
    /// <exception cref="ArgumentException">There is no image or no answerer, or an option is out of range.</exception>
    /// <exception cref="NotSupportedException">BLIP does not support a message or an option.</exception>
    /// <exception cref="ImageException">The image cannot be read.</exception>
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var list = messages.ToList();
        if (ImageListRequest.Of(list, options, AllowLocalFiles) is { } images)
            return RespondAsync(images, Settings(ImageListRequest.Rest(options!), images.Question), cancellationToken);
        var (request, settings) = Read(list, options);
        return RespondAsync(request, settings, cancellationToken);
    }

    /// <summary>
    /// The same, word by word; the last update has the finish reason. Beam search and a choice among answers give a single update.
    /// </summary>
    /// <inheritdoc cref="GetResponseAsync"/>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var list = messages.ToList();
        if (ImageListRequest.Of(list, options, AllowLocalFiles) is not null)
            return AllAtOnce(() => GetResponseAsync(list, options, cancellationToken));
        var (request, settings) = Read(list, options);
        return settings.HasWordsBeforeTheEnd
            ? Stream(request, settings, cancellationToken)
            : AllAtOnce(() => RespondAsync(request, settings, cancellationToken));
    }

    /// <summary>The client, its pipelines, or its <see cref="ChatClientMetadata"/>.</summary>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata)
                ? new ChatClientMetadata("blip", null, captioner is null ? AnswerModelId : CaptionModelId)
            : serviceType == typeof(Captioner) ? captioner
            : serviceType == typeof(QuestionAnswerer) ? answerer
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>Frees the models that the client loaded.</summary>
    public void Dispose()
    {
        if (!owner)
            return;
        captioner?.Dispose();
        answerer?.Dispose();
    }

    private (ChatRequest Request, ChatSettings Settings) Read(List<ChatMessage> messages, ChatOptions? options)
    {
        var request = ChatRequest.Of(messages, AllowLocalFiles);
        return (request, Settings(options, request.Question));
    }

    private ChatSettings Settings(ChatOptions? options, string? question)
    {
        if (question is null && captioner is null)
            throw new ArgumentException(
                "The message holds an image and no question, and this client has no captioner: ask something, or give it a caption model.",
                nameof(options));
        if (question is not null && answerer is null)
            throw new ArgumentException(
                "The message holds a question, and this client has no answerer: give it an answer model; words for a caption to begin with "
                    + "are the additional property 'prompt'.", nameof(options));
        return ChatSettings.Of(
            options, this, question is null ? captioner!.Defaults : answerer!.Defaults, ModelIdOf(question), asks: question is not null);
    }

    private string ModelIdOf(string? question) => question is null ? CaptionModelId : AnswerModelId;

    // An unreadable image gets an empty text, so that texts stay at their images' places; an additional property has the error.
    private async Task<ChatResponse> RespondAsync(ImageListRequest request, ChatSettings settings, CancellationToken cancellationToken)
    {
        var (texts, errors, tokens) = (new List<string>(), new List<string>(), 0);
        await foreach (var (said, error) in Each(request, settings, cancellationToken).ConfigureAwait(false))
        {
            var stops = new StopSequences(settings.StopSequences);
            texts.Add(said is null ? "" : stops.Take(said.Text) + stops.Finish());
            tokens += said?.Tokens ?? 0;
            if (error is not null)
                errors.Add(error);
        }
        if (errors.Count == request.Images.Count)
            throw new ImageException(errors[0]);
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, request.Format.Write(texts)) { MessageId = NewId() })
        {
            ResponseId = NewId(),
            ModelId = ModelIdOf(request.Question),
            CreatedAt = DateTimeOffset.UtcNow,
            FinishReason = ChatFinishReason.Stop,
            Usage = new UsageDetails { OutputTokenCount = tokens },
            AdditionalProperties = errors.Count == 0 ? null : new() { ["errors"] = errors.ToArray() },
        };
    }

    private async IAsyncEnumerable<(Said? Said, string? Error)> Each(
        ImageListRequest request, ChatSettings settings, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (request.Question is null)
        {
            await foreach (var result in captioner!.CaptionAllAsync(request.Images, settings.ForCaption(), cancellationToken)
                .ConfigureAwait(false))
                yield return (result.Caption is { } caption ? Said.Of(caption, captioner) : null, result.Error);
            yield break;
        }
        await foreach (var result in answerer!.AnswerAllAsync(request.Images, [request.Question], settings.ForAnswer(), cancellationToken)
            .ConfigureAwait(false))
            yield return (result.Answer is { } answer ? Said.Of(answer, answerer) : null, result.Error);
    }

    private async Task<ChatResponse> RespondAsync(ChatRequest request, ChatSettings settings, CancellationToken cancellationToken)
    {
        var said = request.Question is null
            ? Said.Of(await captioner!.CaptionAsync(request.Image, settings.ForCaption(), cancellationToken).ConfigureAwait(false),
                captioner)
            : Said.Of(await answerer!.AnswerAsync(request.Image, request.Question, settings.ForAnswer(), cancellationToken)
                .ConfigureAwait(false), answerer);
        var stops = new StopSequences(settings.StopSequences);
        var text = stops.Take(said.Text) + stops.Finish();
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, text) { MessageId = NewId(), RawRepresentation = said.Raw })
        {
            ResponseId = NewId(),
            ModelId = ModelIdOf(request.Question),
            CreatedAt = DateTimeOffset.UtcNow,
            FinishReason = stops.Stopped ? ChatFinishReason.Stop : said.Reason,
            Usage = said.Usage,
            RawRepresentation = said.Raw,
            AdditionalProperties = new() { ["score"] = said.Score },
        };
    }

    private static async IAsyncEnumerable<ChatResponseUpdate> AllAtOnce(Func<Task<ChatResponse>> respond)
    {
        var response = await respond().ConfigureAwait(false);
        var updates = new Updates(response.ModelId!);
        yield return updates.Next(response.Text);
        yield return updates.End(response.FinishReason, response.Usage, response.RawRepresentation);
    }

    private async IAsyncEnumerable<ChatResponseUpdate> Stream(
        ChatRequest request, ChatSettings settings, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var updates = new Updates(ModelIdOf(request.Question));
        Said? said = null;
        var words = request.Question is null
            ? captioner!.StreamAsync(request.Image, settings.ForCaption(), caption => said = Said.Of(caption, captioner), cancellationToken)
            : answerer!.StreamAsync(
                request.Image, request.Question, settings.ForAnswer(), answer => said = Said.Of(answer, answerer), cancellationToken);
        var stops = new StopSequences(settings.StopSequences);
        await foreach (var word in words.ConfigureAwait(false))
        {
            if (stops.Take(word) is { Length: > 0 } text)
                yield return updates.Next(text);
            if (stops.Stopped)
                break;
        }
        if (stops.Finish() is { Length: > 0 } rest)
            yield return updates.Next(rest);
        // A stop sequence ends the work before the whole caption is known.
        yield return updates.End(stops.Stopped ? ChatFinishReason.Stop : said?.Reason, said?.Usage, said?.Raw);
    }

    private static string NewId() => Guid.NewGuid().ToString("N");

    private sealed class Updates(string model)
    {
        private readonly string response = NewId(), message = NewId();
        private readonly DateTimeOffset created = DateTimeOffset.UtcNow;

        public ChatResponseUpdate Next(string text) =>
            new(ChatRole.Assistant, text) { ResponseId = response, MessageId = message, ModelId = model, CreatedAt = created };

        public ChatResponseUpdate End(ChatFinishReason? reason, UsageDetails? usage, object? raw) =>
            new(ChatRole.Assistant, usage is null ? [] : [new UsageContent(usage)])
            {
                ResponseId = response,
                MessageId = message,
                ModelId = model,
                CreatedAt = created,
                FinishReason = reason,
                RawRepresentation = raw,
            };
    }

    private sealed record Said(string Text, int Tokens, double Score, ChatFinishReason Reason, object Raw)
    {
        public UsageDetails Usage => new() { OutputTokenCount = Tokens };

        public static Said Of(Caption caption, Captioner captioner) =>
            new(caption.Text ?? "", caption.Tokens.Count - 1, caption.Score, ReasonOf(caption.Tokens, captioner), caption);

        public static Said Of(Answer answer, QuestionAnswerer answerer) =>
            new(answer.Text ?? "", answer.Tokens.Count - 1, answer.Score, ReasonOf(answer.Tokens, answerer), answer);

        private static ChatFinishReason ReasonOf(IReadOnlyList<int> tokens, Pipeline pipeline) =>
            tokens[^1] == pipeline.EndToken ? ChatFinishReason.Stop : ChatFinishReason.Length;
    }
}
