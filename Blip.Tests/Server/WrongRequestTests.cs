using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Blip.Server.OpenAI;
using Blip.Tests.Cli;

namespace Blip.Tests.Server;

/// <summary>Clients' mistakes are theirs to mend: a 4xx with a sentence, and never an error of the server.</summary>
public sealed class WrongRequestTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private static readonly byte[] Bytes = File.ReadAllBytes(Demo.Sample("00.png"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Base64 => Convert.ToBase64String(Bytes);

    public static TheoryData<string, string> NoTexts => new()
    {
        { "/v1/chat/completions", """{"model":"blip","messages":[{"role":"user","content":"\ud800"}]}""" },
        { "/v1/chat/completions", """{"model":"blip","messages":[{"role":"user","content":[{"type":"text","text":"\ud800 what"}]}]}""" },
        { "/v1/chat/completions",
            """{"model":"blip","response_format":{"type":"\ud800"},"messages":[{"role":"user","content":"hello"}]}""" },
        { "/v1/chat/completions", """{"model":"blip","tool_choice":"\ud800","messages":[{"role":"user","content":"hello"}]}""" },
        { "/v1/chat/completions", """{"model":"blip","tool_choice":{"\ud800":1},"messages":[{"role":"user","content":"hello"}]}""" },
        { "/caption", """{"image":"IMAGE","num_beams":2,"early_stopping":"\ud800"}""" },
    };

    [Theory, MemberData(nameof(NoTexts))]
    public async Task Half_a_surrogate_pair_is_no_text(string path, string body)
    {
        var answer = await fixture.Server.PostAsync(path, body.Replace("IMAGE", Base64, StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Bytes_that_are_not_UTF_8_are_no_text()
    {
        using var body = new ByteArrayContent(
            Encoding.Latin1.GetBytes("""{"model":"blip","messages":[{"role":"user","content":"café"}]}"""));
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        Assert.Equal(HttpStatusCode.BadRequest, (await fixture.Server.Client.PostAsync("/v1/chat/completions", body, Token)).StatusCode);
    }

    [Theory]
    [InlineData("x", "--x\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.png\"\r\n\r\nabc", "ends before its closing")]
    [InlineData("x", "--x\r\nno header\r\n\r\nabc\r\n--x--\r\n", "damaged")]
    [InlineData("", "--x--\r\n", "names no valid boundary")]
    public async Task The_fault_of_a_form_is_told_in_the_words_of_clients(string boundary, string form, string fault)
    {
        using var body = new ByteArrayContent(Encoding.ASCII.GetBytes(form));
        body.Headers.TryAddWithoutValidation("Content-Type", $"multipart/form-data; boundary={boundary}");
        var answer = await RunningServer.Read(await fixture.Server.Client.PostAsync("/caption", body, Token), 400);
        var detail = answer.GetProperty("detail").GetString();
        Assert.StartsWith("The form cannot be read: ", detail, StringComparison.Ordinal);
        Assert.Contains(fault, detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--x\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.png\"\r\n\r\nabc")]
    [InlineData("--x\r\nContent-Disposition: form-data; name=\"prompt\"\r\nContent-Type: text/plain; charset=utf-7\r\n\r\na\r\n--x--\r\n")]
    public async Task A_form_that_is_cut_off_or_of_another_encoding_is_told(string form)
    {
        using var body = new ByteArrayContent(Encoding.ASCII.GetBytes(form));
        body.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=x");
        await RunningServer.Read(await fixture.Server.Client.PostAsync("/caption", body, Token), 400);
    }

    [Fact]
    public async Task An_image_under_curls_own_content_type_is_told_the_header_to_give()
    {
        var answer = await RunningServer.Read(
            await fixture.Server.Client.PostAsync("/caption", RunningServer.Image(Bytes, "application/x-www-form-urlencoded"), Token), 415);
        Assert.Contains("Content-Type: image/png", answer.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Messages_hold_the_words_of_the_request_as_they_came_and_no_more_than_a_few_of_them()
    {
        var number = await RunningServer.Read(
            await fixture.Server.PostAsync("/caption", $$"""{"image":"{{Base64}}","temperature":-1}"""), 400);
        Assert.StartsWith("temperature is -1", number.GetProperty("detail").GetString(), StringComparison.Ordinal);
        var prompt = string.Concat(Enumerable.Repeat("HelloWorld ", 300));
        var words = await RunningServer.Read(
            await fixture.Server.PostAsync("/caption", $$"""{"image":"{{Base64}}","prompt":"{{prompt}}"}"""), 400);
        Assert.Contains("HelloWorld", words.GetProperty("detail").GetString(), StringComparison.Ordinal);
        var unknown = await RunningServer.Read(
            await fixture.Server.PostAsync("/caption", $$"""{"image":"{{Base64}}","{{new string('x', 100_000)}}":1}"""), 400);
        Assert.InRange(unknown.ToString().Length, 1, 1000);
    }

    [Theory]
    [InlineData("/"), InlineData("/healthz"), InlineData("/readyz"), InlineData("/v1/models"), InlineData("/openapi/v1.json")]
    public async Task What_answers_GET_answers_HEAD_without_a_body(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using var answer = await fixture.Server.Client.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Token));
    }

    [Theory]
    [InlineData("Data: a study of dogs", false), InlineData("data:", false), InlineData("data: a, b", false)]
    [InlineData("data:image/png;base64,AAAA", true), InlineData("DATA:;base64,AAAA", true), InlineData("data:image/svg+xml,<svg/>", true)]
    public void Words_that_begin_with_data_are_no_image(string text, bool isData) =>
        Assert.Equal(isData, Blip.Server.Http.ImageInputs.IsData(text));

    [Fact]
    public async Task Wrong_keys_may_be_tried_so_many_times_a_minute()
    {
        await using var server = await RunningServer.BeginAsync(options =>
        {
            (options.AskModel, options.MatchModel) = (null, null);
            (options.ApiKeys, options.RequestsPerMinute) = (["mine"], 3);
        });
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 6; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
            request.Headers.Add("X-API-Key", $"guess {i}");
            statuses.Add((await server.Client.SendAsync(request, Token)).StatusCode);
        }
        Assert.Equal(3, statuses.Count(status => status == HttpStatusCode.Unauthorized));
        Assert.Equal(3, statuses.Count(status => status == HttpStatusCode.TooManyRequests));
        // A client with the key is counted apart.
        server.Client.DefaultRequestHeaders.Add("X-API-Key", "mine");
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/v1/models")).StatusCode);
    }

    [Theory]
    [InlineData("Can you please describe this image?")]
    [InlineData("Please, describe the image")]
    [InlineData("Describe the image in one sentence.")]
    [InlineData("Describe the contents of this image")]
    [InlineData("What are in these images?")]
    [InlineData("Whats in this image?")]
    [InlineData("What is this?")]
    [InlineData("Generate a short caption")]
    public void Requests_to_describe_are_known_in_the_words_that_people_use(string text) => Assert.True(DescribeRequest.Is(text));
}
