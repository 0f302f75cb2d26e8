using System.ClientModel;
using Blip.Tests.Cli;
using OpenAI.Chat;
using OpenAI.Embeddings;

namespace Blip.Tests.Server;

/// <summary>The API as OpenAI's own client calls it.</summary>
public sealed class OpenAIClientTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string Caption = "a large white ring on a cyan background";
    private const int ImageTokens = 65;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ChatClient Chat(string model) => fixture.Server.OpenAI().GetChatClient(model);

    private static UserChatMessage Message(string? text, params string[] files) => new(
    [
        .. text is null ? Array.Empty<ChatMessageContentPart>() : [ChatMessageContentPart.CreateTextPart(text)],
        .. files.Select(file =>
            ChatMessageContentPart.CreateImagePart(BinaryData.FromBytes(File.ReadAllBytes(Demo.Sample(file))), "image/png")),
    ]);

    [Theory]
    [InlineData("caption", "Describe the image"), InlineData("caption", "what color is the ring?"), InlineData("caption", null)]
    [InlineData("blip", null), InlineData("blip", "Describe the image."), InlineData("blip", "what is in this picture?")]
    public async Task An_image_is_captioned(string model, string? text)
    {
        ChatCompletion completion = await Chat(model).CompleteChatAsync([Message(text, "00.png")], cancellationToken: Token);

        Assert.Equal(Caption, completion.Content.Single().Text);
        Assert.Equal((ChatFinishReason.Stop, model, ChatMessageRole.Assistant),
            (completion.FinishReason, completion.Model, completion.Role));
        Assert.Equal((9, ImageTokens), (completion.Usage.OutputTokenCount, completion.Usage.InputTokenCount));
        Assert.StartsWith("chatcmpl-", completion.Id, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ask"), InlineData("blip")]
    public async Task A_question_is_answered_about_the_last_image_whatever_was_said_before(string model)
    {
        ChatCompletion completion = await Chat(model).CompleteChatAsync(
            [
                new SystemChatMessage("You are helpful."), Message("Describe the image", "03.png"), new AssistantChatMessage("a circle"),
                Message(null, "00.png"), new AssistantChatMessage(Caption), new UserChatMessage("what color is the ring?"),
            ], cancellationToken: Token);

        Assert.Equal("white", completion.Content.Single().Text);
        Assert.True(completion.Usage.InputTokenCount > ImageTokens);
    }

    [Fact]
    public async Task Several_images_are_a_line_each()
    {
        ChatCompletion completion = await Chat("caption")
            .CompleteChatAsync([Message("Describe the images", "00.png", "01.png", "02.png")], cancellationToken: Token);

        Assert.Equal(Demo.Answers("greedy").Take(3).Select(answer => answer.Caption), completion.Content.Single().Text.Split('\n'));
        Assert.Equal(3 * ImageTokens, completion.Usage.InputTokenCount);
    }

    [Theory]
    [InlineData(1), InlineData(2)]
    public async Task Words_come_as_they_are_said(int images)
    {
        var message = Message("Describe", [.. new[] { "00.png", "01.png" }.Take(images)]);
        var (words, finish, usage) = (new List<string>(), default(ChatFinishReason?), default(ChatTokenUsage));
        await foreach (var update in Chat("caption").CompleteChatStreamingAsync([message], cancellationToken: Token))
        {
            words.AddRange(update.ContentUpdate.Select(part => part.Text));
            finish ??= update.FinishReason;
            usage ??= update.Usage;
        }

        Assert.Equal(string.Join('\n', Demo.Answers("greedy").Take(images).Select(answer => answer.Caption)), string.Concat(words));
        Assert.True(words.Count > 5);
        Assert.Equal(ChatFinishReason.Stop, finish);
        // The client asks for it.
        Assert.Equal(images * ImageTokens, usage!.InputTokenCount);
    }

    [Fact]
    public async Task Options_are_followed()
    {
        ChatCompletion cut = await Chat("caption")
            .CompleteChatAsync([Message(null, "00.png")], new ChatCompletionOptions { MaxOutputTokenCount = 3 }, Token);
        ChatCompletion stopped = await Chat("caption")
            .CompleteChatAsync([Message(null, "00.png")], new ChatCompletionOptions { StopSequences = { "on a" } }, Token);
        ChatCompletion long_ = await Chat("caption").CompleteChatAsync(
            [Message(null, "00.png")], new ChatCompletionOptions
            {
                MaxOutputTokenCount = 4096,
                Temperature = 0,
                FrequencyPenalty = 0,
                EndUserId = "me",
            }, Token);

        Assert.Equal(("a large white", ChatFinishReason.Length, 3),
            (cut.Content.Single().Text, cut.FinishReason, cut.Usage.OutputTokenCount));
        Assert.Equal(("a large white ring ", ChatFinishReason.Stop), (stopped.Content.Single().Text, stopped.FinishReason));
        Assert.Equal(Caption, long_.Content.Single().Text);
    }

    [Fact]
    public async Task Draws_at_random_are_those_of_their_seed()
    {
#pragma warning disable OPENAI001 // The client calls its seed experimental.
        async Task<string> Draw(long seed)
        {
            ChatCompletion completion = await Chat("caption")
                .CompleteChatAsync([Message(null, "00.png")], new ChatCompletionOptions { Temperature = 2, Seed = seed }, Token);
            return completion.Content.Single().Text;
        }
#pragma warning restore OPENAI001

        Assert.Equal(await Draw(7), await Draw(7));
        Assert.True((await Task.WhenAll(Enumerable.Range(0, 5).Select(seed => Draw(seed)))).Distinct().Count() > 1);
    }

    [Fact]
    public async Task An_option_that_cannot_be_followed_is_refused()
    {
        var failure = await Assert.ThrowsAsync<ClientResultException>(() => Chat("caption").CompleteChatAsync(
            [Message(null, "00.png")], new ChatCompletionOptions { ResponseFormat = ChatResponseFormat.CreateJsonObjectFormat() }, Token));

        Assert.Equal(400, failure.Status);
        Assert.Contains("response_format cannot be followed", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Vectors_of_texts_and_images_are_of_one_space()
    {
        var client = fixture.Server.OpenAI().GetEmbeddingClient("match");
        string[] inputs = [Caption, "a small red star on a brown background",
            $"data:image/png;base64,{Convert.ToBase64String(File.ReadAllBytes(Demo.Sample("00.png")))}"];
        OpenAIEmbeddingCollection embeddings = await client.GenerateEmbeddingsAsync(inputs, cancellationToken: Token);
        var vectors = embeddings.Select(embedding => embedding.ToFloats().ToArray()).ToList();

        Assert.All(vectors, vector => Assert.Equal(1, Dot(vector, vector), 4));
        Assert.True(Dot(vectors[2], vectors[0]) > Dot(vectors[2], vectors[1]));
        Assert.Equal([0, 1, 2], embeddings.Select(embedding => embedding.Index));
        Assert.Equal("match", embeddings.Model);
        Assert.True(embeddings.Usage.InputTokenCount > ImageTokens);

        static double Dot(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();
    }

    [Fact]
    public async Task Models_are_listed_by_what_they_do()
    {
        var client = fixture.Server.OpenAI().GetOpenAIModelClient();
        var models = (await client.GetModelsAsync(Token)).Value;

        Assert.Equal(["caption", "ask", "blip", "match"], models.Select(model => model.Id));
        Assert.Equal("blip", (await client.GetModelAsync("ask", Token)).Value.OwnedBy);
        var failure = await Assert.ThrowsAsync<ClientResultException>(() => client.GetModelAsync("gpt-4o", Token));
        Assert.Equal(404, failure.Status);
    }
}
