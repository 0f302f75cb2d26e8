using System.Text.Json;
using Blip.Tests.Cli;

namespace Blip.Tests.Server;

/// <summary><c>POST /caption</c>, in each form of request.</summary>
public sealed class CaptionEndpointTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private static readonly byte[] Bytes = File.ReadAllBytes(Demo.Sample("00.png"));

    private static string Base64 => Convert.ToBase64String(Bytes);

    private static string[] Captions => [.. Demo.Answers("greedy").Select(answer => answer.Caption)];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static MultipartFormDataContent Form(int files, params (string Name, string Value)[] fields)
    {
        var form = new MultipartFormDataContent();
        foreach (var path in Demo.Paths.Take(files))
            form.Add(RunningServer.Image(File.ReadAllBytes(path)), "images", Path.GetFileName(path));
        foreach (var (name, value) in fields)
            form.Add(new StringContent(value), name);
        return form;
    }

    private Task<HttpResponseMessage> Post(HttpContent content, string query = "") =>
        fixture.Server.Client.PostAsync($"/caption{query}", content, Token);

    private static IEnumerable<string?> Texts(JsonElement response) =>
        response.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("caption").GetString());

    [Fact]
    public async Task An_image_alone_as_the_body_is_captioned()
    {
        var plain = await RunningServer.Read(await Post(RunningServer.Image(Bytes)));
        var beams = await RunningServer.Read(
            await Post(RunningServer.Image(Bytes, "application/octet-stream"), "?num_beams=3&num_return_sequences=2"));

        Assert.Equal([Captions[0]], Texts(plain));
        Assert.Equal(9, plain.GetProperty("results")[0].GetProperty("tokens").GetInt32());
        Assert.Equal([Demo.Answers("beam-3")[0].Caption], Texts(beams));
        Assert.Equal(1, beams.GetProperty("results")[0].GetProperty("alternatives").GetArrayLength());
    }

    [Fact]
    public async Task JSON_holds_one_image_or_many()
    {
        var one = await RunningServer.Read(await fixture.Server.PostAsync("/caption", new { image = Base64 }));
        var many = await RunningServer.Read(
            await fixture.Server.PostAsync(
            "/caption", new
            {
                images = Demo.Paths.Take(3)
            .Select(path => $"data:image/png;base64,{Convert.ToBase64String(File.ReadAllBytes(path))}")
            }));

        Assert.Equal([Captions[0]], Texts(one));
        Assert.Equal(Captions[..3], Texts(many));
    }

    [Fact]
    public async Task A_form_holds_files_and_fields()
    {
        var response = await RunningServer.Read(await Post(Form(6, ("num_beams", "3"), ("early_stopping", "never"))));

        Assert.Equal(Demo.Answers("beam-3").Take(6).Select(answer => answer.Caption), Texts(response));
        Assert.Equal(Demo.Paths.Take(6).Select(Path.GetFileName),
            response.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("image").GetString()));
    }

    [Fact]
    public async Task Of_many_images_a_damaged_one_is_its_own_error()
    {
        var response = await RunningServer.Read(
            await fixture.Server.PostAsync("/caption", new { images = new[] { Base64, "aGVsbG8=", Base64 } }));
        var results = response.GetProperty("results");

        Assert.Equal(Captions[0], results[0].GetProperty("caption").GetString());
        Assert.StartsWith("image 2", results[1].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(Captions[0], results[2].GetProperty("caption").GetString());
    }

    [Fact]
    public async Task Words_of_one_image_are_streamed_and_the_whole_comes_last()
    {
        var events = await RunningServer.Events(await Post(RunningServer.Image(Bytes), "?stream=true"));

        Assert.Equal(Captions[0], string.Concat(
            events.SkipLast(1).Select(sent => JsonDocument.Parse(sent.Data).RootElement.GetProperty("text").GetString())));
        Assert.All(events.SkipLast(1), sent => Assert.Equal("words", sent.Name));
        Assert.Equal(("caption", Captions[0]),
            (events[^1].Name, JsonDocument.Parse(events[^1].Data).RootElement.GetProperty("caption").GetString()));
    }

    [Fact]
    public async Task Captions_of_many_images_are_streamed_one_by_one()
    {
        var events = await RunningServer.Events(await Post(Form(5, ("stream", "true"))));

        Assert.Equal(Captions[..5], events.Select(sent => JsonDocument.Parse(sent.Data).RootElement.GetProperty("caption").GetString()));
    }

    [Theory]
    [InlineData("""{}""", "There is no image", "image")]
    [InlineData("""{"image": "aGVsbG8="}""", "the image", "image")]
    [InlineData("""{"image": "aGVsbG8=", "images": ["aGVsbG8="]}""", "both given", "images")]
    [InlineData("""{"image": "aGVsbG8=", "colour": 3}""", "'colour' is unknown", "colour")]
    [InlineData("""{"image": "aGVsbG8=", "num_beams": 3, "stream": true}""", "the image", null)]
    public async Task What_is_wrong_is_a_problem(string body, string message, string? field)
    {
        var response = await fixture.Server.PostAsync("/caption", body);
        Assert.Equal(body.Contains("stream", StringComparison.Ordinal) ? "text/event-stream" : "application/problem+json",
            response.Content.Headers.ContentType!.MediaType);
        if (field is null)
        {
            Assert.Contains(message, (await RunningServer.Events(response)).Single().Data, StringComparison.Ordinal);
            return;
        }
        var problem = await RunningServer.Read(response, 400);

        Assert.Contains(message, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal((field, 400, "Bad Request"),
            (problem.GetProperty("field").GetString(), problem.GetProperty("status").GetInt32(), problem.GetProperty("title").GetString()));
    }

    [Fact]
    public async Task A_damaged_image_that_was_to_be_streamed_is_an_error_like_any_other() =>
        await RunningServer.Read(await fixture.Server.PostAsync("/caption", new { image = "aGVsbG8=", stream = true }), 400);

    [Fact]
    public async Task Unknown_paths_are_problems_too()
    {
        var problem = await RunningServer.Read(await fixture.Server.GetAsync("/captions"), 404);

        Assert.Contains("There is no '/captions'", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }
}
