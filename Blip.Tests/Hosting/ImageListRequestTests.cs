using System.Text.Json;
using Blip.Extensions.AI;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;
using Microsoft.Extensions.AI;

namespace Blip.Tests.Hosting;

/// <summary>
/// Several images in one message, and an array of texts as the answer: the request of .NET's document ingestion to a chat client.
/// </summary>
public sealed class ImageListRequestTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string[] Captions => [.. Demo.Answers("greedy").Select(answer => answer.Caption)];

    private static BlipChatClient Client(bool answers = false) => BlipChatClient.Load(new BlipChatOptions
    {
        CaptionModel = Demo.Model,
        Captioner = new CaptionerOptions { Device = "cpu" },
        AnswerModel = answers ? Path.Combine(AppContext.BaseDirectory, "weights", "vqa") : null,
        Answerer = new QuestionAnswererOptions { Device = "cpu" },
    });

    private static ChatMessage Images(params IEnumerable<string> paths) =>
        new(ChatRole.User,
            [.. paths.Select(path => new DataContent(File.ReadAllBytes(path), "image/png") { Name = Path.GetFileName(path) })]);

    [Fact]
    public async Task Twenty_images_have_twenty_texts_in_one_call()
    {
        using var client = Client();
        var paths = Enumerable.Range(0, 20).Select(i => Demo.Paths[i % Demo.Paths.Length]);
        ChatMessage[] messages =
            [new(ChatRole.System, "Write a detailed alternative text with fewer than 50 words for each of the images."), Images(paths)];
        var response = await client.GetResponseAsync<string[]>(messages, cancellationToken: Token);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => Captions[i % Captions.Length]), response.Result);
        Assert.Equal("captioning", response.ModelId);
        Assert.True(response.Usage!.OutputTokenCount > 100);
    }

    [Fact]
    public async Task An_array_by_itself_and_a_stream_are_answered_too()
    {
        using var client = Client();
        using var schema = JsonDocument.Parse("""{"type": ["array", "null"], "items": {"type": "string"}}""");
        var options = new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(schema.RootElement), Instructions = "be brief" };
        var words = await client.GetStreamingResponseAsync([Images(Demo.Paths[..3])], options, Token).ToListAsync(Token);
        Assert.Equal(Captions[..3], JsonSerializer.Deserialize<string[]>(string.Concat(words.Select(update => update.Text))));
    }

    [Fact]
    public async Task Words_beside_the_images_are_a_question_about_each()
    {
        using var client = Client(answers: true);
        var message = Images(Demo.Paths[..3]);
        message.Contents.Add(new TextContent("what color is the background?"));
        Assert.Equal(["cyan", "cyan", "cyan"], (await client.GetResponseAsync<string[]>([message], cancellationToken: Token)).Result);
    }

    [Fact]
    public async Task An_image_that_cannot_be_read_keeps_its_place()
    {
        using var client = Client();
        var message = Images(Demo.Paths[..2]);
        message.Contents.Insert(1, new DataContent(new byte[9], "image/png") { Name = "broken.png" });
        var response = await client.GetResponseAsync<string[]>([message], cancellationToken: Token);
        Assert.Equal([Captions[0], "", Captions[1]], response.Result);
        Assert.Contains("broken.png", Assert.Single((string[])response.AdditionalProperties!["errors"]!), StringComparison.Ordinal);
        var none = new ChatMessage(ChatRole.User, [new DataContent(new byte[9], "image/png")]);
        await Assert.ThrowsAsync<ImageException>(() => client.GetResponseAsync<string[]>([none], cancellationToken: Token));
    }

    [Fact]
    public async Task Other_formats_and_messages_without_images_are_refused()
    {
        using var client = Client();
        await Assert.ThrowsAsync<NotSupportedException>(
            () => client.GetResponseAsync<int[]>([Images(Demo.Paths[..1])], cancellationToken: Token));
        await Assert.ThrowsAsync<ArgumentException>(
            () => client.GetResponseAsync<string[]>([new ChatMessage(ChatRole.User, "hello")], cancellationToken: Token));
        var sound = new ChatMessage(ChatRole.User, [new DataContent(new byte[9], "audio/wav")]);
        await Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync<string[]>([sound], cancellationToken: Token));
    }
}
