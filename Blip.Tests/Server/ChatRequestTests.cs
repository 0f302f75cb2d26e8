using System.Text.Json;
using Blip.Server.OpenAI;
using Blip.Tests.Cli;

namespace Blip.Tests.Server;

/// <summary>Requests to <c>/v1</c> that OpenAI's client would not send, and the errors that any client reads.</summary>
public sealed class ChatRequestTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private static readonly string Image = $"data:image/png;base64,{Convert.ToBase64String(File.ReadAllBytes(Demo.Sample("00.png")))}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static object Body(string fields, string? image = null, string model = "caption", string text = "") =>
        $$$"""
        {"model": "{{{model}}}", {{{fields}}}{{{(fields.Length > 0 ? "," : "")}}} "messages": [{"role": "user", "content": [
            {"type": "text", "text": "{{{text}}}"}, {"type": "image_url", "image_url": {"url": "{{{image ?? Image}}}"}}]}]}
        """;

    private Task<HttpResponseMessage> Chat(object body) => fixture.Server.PostAsync("/v1/chat/completions", body);

    private static string? Text(JsonElement completion) =>
        completion.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString();

    [Fact]
    public async Task Blips_own_fields_stand_beside_OpenAIs()
    {
        var beams = await RunningServer.Read(await Chat(Body("\"num_beams\": 3")));
        var prompted = await RunningServer.Read(await Chat(Body("\"prompt\": \"a small\"")));
        var chosen = await RunningServer.Read(
            await Chat(Body("\"candidates\": [\"red\", \"white\"]", model: "ask", text: "what color is the ring?")));

        Assert.Equal(Demo.Answers("beam-3")[0].Caption, Text(beams));
        Assert.StartsWith("a small", Text(prompted), StringComparison.Ordinal);
        Assert.Equal("white", Text(chosen));
    }

    [Fact]
    public async Task A_stream_is_server_sent_events_that_end_with_DONE()
    {
        var events = await RunningServer.Events(await Chat(Body("\"stream\": true, \"stream_options\": {\"include_usage\": true}")));
        var chunks = events.SkipLast(1).Select(sent => JsonDocument.Parse(sent.Data).RootElement).ToList();

        Assert.Equal("[DONE]", events[^1].Data);
        Assert.All(chunks, chunk => Assert.Equal("chat.completion.chunk", chunk.GetProperty("object").GetString()));
        Assert.Equal("assistant", chunks[0].GetProperty("choices")[0].GetProperty("delta").GetProperty("role").GetString());
        Assert.Equal("stop", chunks[^2].GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.All(chunks.SkipLast(1), chunk => Assert.Equal(JsonValueKind.Null, chunk.GetProperty("usage").ValueKind));
        Assert.Equal((0, 9), (chunks[^1].GetProperty("choices").GetArrayLength(),
            chunks[^1].GetProperty("usage").GetProperty("completion_tokens").GetInt32()));
        Assert.Single(chunks.Select(chunk => chunk.GetProperty("id").GetString()).Distinct());
    }

    [Fact]
    public async Task Fields_that_typed_clients_want_are_there_and_null()
    {
        var choice = (await RunningServer.Read(await Chat(Body("\"temperature\": 1")))).GetProperty("choices")[0];

        Assert.Equal(JsonValueKind.Null, choice.GetProperty("logprobs").ValueKind);
        Assert.Equal(JsonValueKind.Null, choice.GetProperty("message").GetProperty("refusal").ValueKind);
    }

    [Fact]
    public async Task A_stream_without_usage_has_none()
    {
        var events = await RunningServer.Events(await Chat(Body("\"stream\": true")));

        Assert.DoesNotContain(events, sent => sent.Data.Contains("usage", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"n\": 2", "n cannot be followed", "n")]
    [InlineData("\"frequency_penalty\": 0.5", "repetition_penalty is BLIP's own", "frequency_penalty")]
    [InlineData("\"tools\": [{\"type\": \"function\"}]", "BLIP calls none", "tools")]
    [InlineData("\"logprobs\": true", "logprobs cannot be followed", "logprobs")]
    [InlineData("\"num_beans\": 3", "'num_beans' is unknown", "num_beans")]
    [InlineData("\"num_beams\": 0", "num_beams is 0: give 1 to 64", "num_beams")]
    [InlineData("\"num_beams\": \"many\"", "'num_beams' has a value of another kind", "num_beams")]
    [InlineData("\"temperature\": -1", "temperature is -1", "temperature")]
    [InlineData("\"max_tokens\": 0", "max_tokens is 0", "max_tokens")]
    [InlineData("\"stop\": [\"\"]", "stop holds an empty text", "stop")]
    [InlineData("\"seed\": 1, \"seed\": 2", "is there twice", null)]
    [InlineData("\"candidates\": [\"a\"]", "candidates are answers", "candidates")]
    [InlineData("\"early_stopping\": \"soon\"", "early_stopping is 'soon'", "early_stopping")]
    public async Task A_field_that_cannot_be_followed_is_refused_by_name(string fields, string message, string? field)
    {
        var error = (await RunningServer.Read(await Chat(Body(fields)), 400)).GetProperty("error");

        Assert.Contains(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        if (field is not null)
            Assert.Equal(field, error.GetProperty("param").GetString());
        Assert.True(error.TryGetProperty("code", out _));
    }

    [Theory]
    [InlineData("\"tools\": [], \"tool_choice\": \"auto\", \"user\": \"me\", \"store\": false, \"metadata\": {}, \"response_format\": "
        + "{\"type\": \"text\"}")]
    [InlineData("\"n\": 1, \"presence_penalty\": 0, \"logprobs\": false, \"logit_bias\": {}, \"modalities\": [\"text\"], \"max_tokens\": "
        + "null")]
    public async Task Fields_that_change_nothing_are_passed_over(string fields) =>
        Assert.Equal(Demo.Answers("greedy")[0].Caption, Text(await RunningServer.Read(await Chat(Body(fields)))));

    [Theory]
    [InlineData("https://example.com/cat.png", "fetches nothing")]
    [InlineData("file:///etc/passwd", "no base64")]
    [InlineData("data:text/plain;base64,aGVsbG8=", "data of the type 'text/plain'")]
    [InlineData("data:image/png,abc", "another form")]
    [InlineData("data:image/png;base64,", "is empty")]
    [InlineData("data:image/png;base64,####", "no base64")]
    [InlineData("data:image/png;base64,aGVsbG8=", "the image")]
    public async Task An_image_that_is_none_is_refused(string address, string message)
    {
        var error = (await RunningServer.Read(await Chat(Body("", address)), 400)).GetProperty("error");

        Assert.Contains(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "no JSON object")]
    [InlineData("[]", "no JSON object")]
    [InlineData("null", "The body is empty")]
    [InlineData("""{"messages": []}""", "model is missing")]
    [InlineData("""{"model": "caption"}""", "messages is missing")]
    [InlineData("""{"model": "caption", "messages": [null]}""", "has no role")]
    [InlineData("""{"model": "caption", "messages": [{"role": "user", "content": "Describe"}]}""", "There is no image")]
    [InlineData("""{"model": "caption", "messages": [{"role": "tool", "content": "x"}]}""", "is a tool's")]
    [InlineData("""{"model": "caption", "messages": [{"role": "king", "content": "x"}]}""", "has the role 'king'")]
    [InlineData("""{"model": "caption", "messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}""",
        "of the type 'input_audio'")]
    [InlineData("""{"model": "caption", "messages": [{"role": "user", "content": [7]}]}""", "of the type 'none'")]
    [InlineData("""{"model": "caption", "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": 7}]}]}""",
        "has no image_url.url")]
    [InlineData("""{"model": "caption", "messages": [{"role": "user"}]}""", "is missing or of another kind")]
    public async Task A_request_of_another_form_is_told_what_is_wrong(string body, string message)
    {
        var error = (await RunningServer.Read(await Chat(body), 400)).GetProperty("error");

        Assert.Contains(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_models_paths_methods_and_types_have_OpenAIs_errors()
    {
        var model = (await RunningServer.Read(await Chat(Body("", model: "gpt-4o")), 404)).GetProperty("error");
        var embedding = (await RunningServer.Read(
            await fixture.Server.PostAsync("/v1/embeddings", new { model = "caption", input = "x" }), 404)).GetProperty("error");
        var path = (await RunningServer.Read(await fixture.Server.GetAsync("/v1/files"), 404)).GetProperty("error");
        var method = (await RunningServer.Read(await fixture.Server.GetAsync("/v1/chat/completions"), 405)).GetProperty("error");
        var type = (await RunningServer.Read(
            await fixture.Server.Client.PostAsync("/v1/chat/completions", new StringContent("hello"), Token), 415)).GetProperty("error");

        Assert.Equal(("model_not_found", "model"), (model.GetProperty("code").GetString(), model.GetProperty("param").GetString()));
        Assert.Contains("give one of caption, ask, blip", model.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("give one of match", embedding.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("There is no '/v1/files'", path.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("it takes POST", method.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("application/json", type.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"model": "match"}""", "input is missing")]
    [InlineData("""{"model": "match", "input": [1, 2]}""", "'input' has a value of another kind")]
    [InlineData("""{"model": "match", "input": "x", "dimensions": 7}""", "dimensions is 7")]
    [InlineData("""{"model": "match", "input": "x", "encoding_format": "hex"}""", "encoding_format is 'hex'")]
    [InlineData("""{"model": "match", "input": ["x", ""]}""", "an empty text")]
    [InlineData("""{"model": "match", "input": "x", "size": 3}""", "'size' is unknown")]
    public async Task Embeddings_refuse_what_they_cannot_do(string body, string message)
    {
        var error = (await RunningServer.Read(await fixture.Server.PostAsync("/v1/embeddings", body), 400)).GetProperty("error");

        Assert.Contains(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Embeddings_are_numbers_where_no_format_is_asked_for()
    {
        var list = await RunningServer.Read(await fixture.Server.PostAsync("/v1/embeddings", new { model = "match", input = "a ring" }));

        Assert.Equal(JsonValueKind.Number, list.GetProperty("data")[0].GetProperty("embedding")[0].ValueKind);
    }

    [Theory]
    [InlineData("", true), InlineData("Describe the image", true), InlineData("describe this picture in detail.", true),
        InlineData("Please describe", true)]
    [InlineData("What is in this image?", true), InlineData("what's in the photo", true),
        InlineData("Write a caption for this image", true)]
    [InlineData("What do you see?", true), InlineData("caption it", true), InlineData("Can you describe the images?", true)]
    [InlineData("what color is the ring?", false), InlineData("describe the man's hat", false), InlineData("is it day?", false),
        InlineData("what is in the box?", false)]
    public void A_short_list_of_texts_asks_for_a_description(string text, bool describes) =>
        Assert.Equal(describes, DescribeRequest.Is(text));
}
