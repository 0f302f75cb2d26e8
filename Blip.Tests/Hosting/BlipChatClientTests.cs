using System.Text.Json;
using Blip.Extensions.AI;
using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;
using Microsoft.Extensions.AI;

namespace Blip.Tests.Hosting;

/// <summary>BLIP behind <see cref="IChatClient"/>: every option is followed or refused.</summary>
public sealed class BlipChatClientTests(BlipChatClientTests.Clients clients) : IClassFixture<BlipChatClientTests.Clients>
{
    private const string Caption = "a large white ring on a cyan background", Question = "what color is the ring?";

    private static readonly byte[] Bytes = File.ReadAllBytes(Demo.Sample("00.png"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static DataContent Image => new(Bytes, "image/png") { Name = "00.png" };

    /// <summary>The demo models, loaded once.</summary>
    public sealed class Clients : IDisposable
    {
        public Captioner Captioner { get; } = Captioner.Load(Demo.Model, new CaptionerOptions { Device = "cpu" });

        public QuestionAnswerer Answerer { get; } =
            QuestionAnswerer.Load(Path.Combine(AppContext.BaseDirectory, "weights", "vqa"), new QuestionAnswererOptions { Device = "cpu" });

        public void Dispose()
        {
            Captioner.Dispose();
            Answerer.Dispose();
        }
    }

    private BlipChatClient Client => new(clients.Captioner, clients.Answerer);

    [Fact]
    public async Task A_image_is_captioned_and_a_question_answered()
    {
        using var client = Client;
        var caption = await client.GetResponseAsync(new ChatMessage(ChatRole.User, [Image]), cancellationToken: Token);
        var answer = await client.GetResponseAsync(
            new ChatMessage(ChatRole.User, [new TextContent(Question), Image]), cancellationToken: Token);

        Assert.Equal((Caption, ChatRole.Assistant), (caption.Text, caption.Messages.Single().Role));
        Assert.Equal((ChatFinishReason.Stop, client.CaptionModelId), (caption.FinishReason, caption.ModelId));
        var said = Assert.IsType<Caption>(caption.RawRepresentation);
        Assert.Equal(said.Tokens.Count - 1, caption.Usage!.OutputTokenCount);
        Assert.Equal(said.Score, caption.AdditionalProperties!["score"]);
        Assert.Equal(("white", client.AnswerModelId), (answer.Text, answer.ModelId));
        Assert.IsType<Answer>(answer.RawRepresentation);
    }

    [Fact]
    public async Task A_question_without_a_image_is_about_the_last_one()
    {
        var response = await Client.GetResponseAsync(
            [
                new(ChatRole.User, [new DataContent(File.ReadAllBytes(Demo.Sample("03.png")), "image/png")]),
                new(ChatRole.Assistant, "a small black square on a brown background"),
                new(ChatRole.User, [Image]),
                new(ChatRole.Assistant, Caption),
                new(ChatRole.User, Question),
            ], cancellationToken: Token);

        Assert.Equal("white", response.Text);
    }

    [Fact]
    public async Task Words_stream_and_the_last_update_says_how_it_ended()
    {
        var updates = await Client.GetStreamingResponseAsync([new(ChatRole.User, [Image])], cancellationToken: Token).ToListAsync(Token);

        Assert.True(updates.Count > 5, "words come one by one");
        Assert.Equal(Caption, string.Concat(updates.Select(update => update.Text)));
        Assert.Equal(ChatFinishReason.Stop, updates[^1].FinishReason);
        Assert.All(updates.SkipLast(1), update => Assert.Null(update.FinishReason));
        Assert.Single(updates.Select(update => update.ResponseId).Distinct());
        var response = updates.ToChatResponse();
        Assert.Equal(Caption, response.Text);
        Assert.True(response.Usage!.OutputTokenCount > 5);
        Assert.Equal("white", string.Concat(
            await Client.GetStreamingResponseAsync([new(ChatRole.User, [Image, new TextContent(Question)])], cancellationToken: Token)
            .Select(update => update.Text).ToListAsync(Token)));
    }

    [Fact]
    public async Task Length_beams_and_stop_sequences_are_followed_with_and_without_streaming()
    {
        foreach (var (options, text, reason) in ((ChatOptions, string, ChatFinishReason)[])
        [
            (new ChatOptions { MaxOutputTokens = 3 }, "a large white", ChatFinishReason.Length),
            (new ChatOptions { StopSequences = ["moon", " on a c"] }, "a large white ring", ChatFinishReason.Stop),
            (new ChatOptions { AdditionalProperties = new() { ["num_beams"] = 3 } }, Caption, ChatFinishReason.Stop),
            (new ChatOptions { AdditionalProperties = new() { ["num_beams"] = JsonElement.Parse("3") } }, Caption, ChatFinishReason.Stop),
            (new ChatOptions { AdditionalProperties = new() { ["prompt"] = "a picture of" }, RawRepresentationFactory = _ =>
                new GenerationOptions { MaxNewTokens = 2 } }, "a picture of a large", ChatFinishReason.Length),
            (new ChatOptions { Temperature = 0, TopP = 0.5f, ModelId = Client.CaptionModelId, ResponseFormat = ChatResponseFormat.Text,
                Tools = [], ToolMode = ChatToolMode.None }, Caption, ChatFinishReason.Stop),
        ])
        {
            var response = await Client.GetResponseAsync([new(ChatRole.User, [Image])], options, Token);
            var streamed = await Client.GetStreamingResponseAsync([new(ChatRole.User, [Image])], options, Token).ToListAsync(Token);

            Assert.Equal((text, reason), (response.Text, response.FinishReason!.Value));
            Assert.Equal((text, reason), (string.Concat(streamed.Select(update => update.Text)), streamed[^1].FinishReason!.Value));
        }
    }

    [Fact]
    public async Task Candidates_are_chosen_among()
    {
        var response = await Client.GetResponseAsync(
            [new(ChatRole.User, [Image, new TextContent(Question)])], new ChatOptions
            {
                AdditionalProperties = new() { ["candidates"] = new[] { "red", "blue" } },
            }, Token);

        Assert.Contains(response.Text, (string[])["red", "blue"]);
    }

    [Fact]
    public async Task Draws_follow_seed_and_temperature()
    {
        var hot = new ChatOptions { Temperature = 5, TopK = 90, Seed = 7, MaxOutputTokens = 12 };
        var messages = new[] { new ChatMessage(ChatRole.User, [Image]) };

        var first = (await Client.GetResponseAsync(messages, hot, Token)).Text;
        Assert.Equal(first, (await Client.GetResponseAsync(messages, hot, Token)).Text);
        var other = hot.Clone();
        other.Seed = 8;
        Assert.NotEqual(first, (await Client.GetResponseAsync(messages, other, Token)).Text);
        Assert.NotEqual(Caption, first);
        // A single candidate leaves nothing to chance.
        Assert.Equal(Caption, (await Client.GetResponseAsync(messages, new ChatOptions { TopK = 1, Seed = 7 }, Token)).Text);
    }

    public static TheoryData<string, ChatOptions> Refused => new()
    {
        { "Tools", new ChatOptions { Tools = [AIFunctionFactory.Create(() => 1, "f")] } },
        { "ToolMode", new ChatOptions { ToolMode = ChatToolMode.RequireAny } },
        { "Instructions", new ChatOptions { Instructions = "be brief" } },
        { "ResponseFormat", new ChatOptions { ResponseFormat = ChatResponseFormat.Json } },
        { "FrequencyPenalty", new ChatOptions { FrequencyPenalty = 1 } },
        { "PresencePenalty", new ChatOptions { PresencePenalty = 1 } },
        { "ConversationId", new ChatOptions { ConversationId = "x" } },
        { "AllowBackgroundResponses", new ChatOptions { AllowBackgroundResponses = true } },
        { "ModelId", new ChatOptions { ModelId = "gpt" } },
        { "MaxNewTokens is 0", new ChatOptions { MaxOutputTokens = 0 } },
        { "Temperature is -1", new ChatOptions { Temperature = -1 } },
        { "TopP is 2", new ChatOptions { TopP = 2 } },
        { "StopSequences", new ChatOptions { StopSequences = [""] } },
        { "'num_beam' is unknown", new ChatOptions { AdditionalProperties = new() { ["num_beam"] = 3 } } },
        { "'num_beams' is no whole number", new ChatOptions { AdditionalProperties = new() { ["num_beams"] = "three" } } },
        { "'candidates' is unknown to captions", new ChatOptions { AdditionalProperties = new() { ["candidates"] = new[] { "a" } } } },
        { "'prompt' is no text", new ChatOptions { AdditionalProperties = new() { ["prompt"] = 1 } } },
        { "RawRepresentationFactory", new ChatOptions { RawRepresentationFactory = _ => "x" } },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Options_that_cannot_be_followed_are_refused_at_once(string message, ChatOptions options)
    {
        ChatMessage[] messages = [new(ChatRole.User, [Image])];

        foreach (var call in (Action[])[() => _ = Client.GetResponseAsync(messages, options, Token),
            () => _ = Client.GetStreamingResponseAsync(messages, options, Token)])
        {
            var error = Assert.ThrowsAny<Exception>(call);
            Assert.True(error is NotSupportedException or ArgumentException, error.GetType().Name);
            Assert.Contains(message, error.Message, StringComparison.Ordinal);
        }
    }

    public static TheoryData<string, ChatMessage[]> RefusedMessages => new()
    {
        { "last message", [] },
        { "last message", [new(ChatRole.User, [Image]), new(ChatRole.Assistant, "x")] },
        { "system message", [new(ChatRole.System, "be brief"), new(ChatRole.User, [Image])] },
        { "no image", [new(ChatRole.User, "what is it?")] },
        { "more than one image", [new(ChatRole.User, [Image, Image])] },
        { "audio/wav", [new(ChatRole.User, [new DataContent(new byte[1], "audio/wav")])] },
        { "nothing is fetched", [new(ChatRole.User, [new UriContent("https://example.org/a.png", "image/png")])] },
        { "AllowLocalFiles", [new(ChatRole.User, [new UriContent(new Uri(Demo.Sample("00.png")), "image/png")])] },
    };

    [Theory]
    [MemberData(nameof(RefusedMessages))]
    public void Messages_that_cannot_be_followed_are_refused(string message, ChatMessage[] messages) =>
        Assert.Contains(message, Assert.ThrowsAny<Exception>(
            () => { _ = Client.GetResponseAsync(messages, cancellationToken: Token); }).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Local_files_are_read_where_that_is_allowed_and_what_cannot_be_read_is_named()
    {
        var client = new BlipChatClient(clients.Captioner, null) { AllowLocalFiles = true };

        Assert.Equal(Caption,
            (await client.GetResponseAsync(
            [new(ChatRole.User, [new UriContent(new Uri(Demo.Sample("00.png")), "image/png")])], cancellationToken: Token)).Text);
        var error = await Assert.ThrowsAsync<ImageException>(
            () => client.GetResponseAsync(
            [new(ChatRole.User, [new DataContent(new byte[9], "image/png") { Name = "broken.png" }])], cancellationToken: Token));
        Assert.StartsWith("broken.png", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_nobody_is_there_for_is_refused()
    {
        using var captions = new BlipChatClient(clients.Captioner, null);
        using var answers = new BlipChatClient(null, clients.Answerer);

        Assert.Contains("no answerer",
            Assert.Throws<ArgumentException>(
            () =>
            {
                _ = captions.GetResponseAsync(
            [new(ChatRole.User, [Image, new TextContent("?")])], cancellationToken: Token);
            }).Message, StringComparison.Ordinal);
        Assert.Contains("no captioner",
            Assert.Throws<ArgumentException>(() =>
            { _ = answers.GetResponseAsync([new(ChatRole.User, [Image])], cancellationToken: Token); }).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new BlipChatClient(null, null));
    }

    [Fact]
    public async Task Services_and_cancellation()
    {
        var client = Client;

        Assert.Same(client, client.GetService(typeof(IChatClient)));
        Assert.Same(clients.Captioner, client.GetService(typeof(Captioner)));
        Assert.Same(clients.Answerer, client.GetService(typeof(QuestionAnswerer)));
        Assert.Equal("blip", client.GetService<ChatClientMetadata>()!.ProviderName);
        Assert.Null(client.GetService(typeof(string)));
        Assert.Null(client.GetService(typeof(Captioner), "key"));
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.GetResponseAsync([new(ChatRole.User, [Image])], cancellationToken: stop.Token));
    }
}
