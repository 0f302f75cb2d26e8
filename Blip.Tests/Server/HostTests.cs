using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Blip.Server.Hosting;
using Blip.Tests.Cli;

namespace Blip.Tests.Server;

/// <summary>The surroundings of endpoints: headers, names, origins, limits, metrics, descriptions.</summary>
public sealed partial class HostTests
{
    private static readonly byte[] Bytes = File.ReadAllBytes(Demo.Sample("00.png"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Task<RunningServer> CaptionsAlone(
        Action<Blip.Server.BlipServerOptions>? configure = null, BlipHostSetup? setup = null) => RunningServer.StartAsync(
        options =>
        {
            (options.AskModel, options.MatchModel) = (null, null);
            configure?.Invoke(options);
        }, setup);

    private static Task<HttpResponseMessage> Caption(RunningServer server) =>
        server.Client.PostAsync("/caption", RunningServer.Image(Bytes), Token);

    [Fact]
    public async Task Every_response_tells_browsers_to_do_nothing_with_it()
    {
        await using var server = await CaptionsAlone();
        foreach (var path in new[] { "/healthz", "/nowhere", "/v1/models", "/openapi/v1.json" })
        {
            var headers = (await server.GetAsync(path)).Headers;
            Assert.Equal("nosniff", headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("default-src 'none'; frame-ancestors 'none'", headers.GetValues("Content-Security-Policy").Single());
            Assert.Equal("same-origin", headers.GetValues("Cross-Origin-Resource-Policy").Single());
            Assert.False(headers.Contains("Server"));
        }
    }

    [Fact]
    public async Task A_server_of_this_machine_answers_to_its_names_alone()
    {
        await using var server = await CaptionsAlone(setup: new BlipHostSetup { HostNames = ["blip.example"] });

        Assert.Equal(HttpStatusCode.OK, await Ask("localhost:80"));
        Assert.Equal(HttpStatusCode.OK, await Ask("127.0.0.1"));
        Assert.Equal(HttpStatusCode.OK, await Ask("blip.example"));
        Assert.Equal(HttpStatusCode.MisdirectedRequest, await Ask("evil.example"));

        async Task<HttpStatusCode> Ask(string host)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
            request.Headers.Host = host;
            return (await server.Client.SendAsync(request, Token)).StatusCode;
        }
    }

    [Fact]
    public async Task Pages_of_other_origins_may_ask_where_they_are_named()
    {
        await using var closed = await CaptionsAlone();
        await using var open = await CaptionsAlone(setup: new BlipHostSetup { CorsOrigins = ["https://pages.example"] });

        Assert.Null(await Allowed(closed, "https://pages.example"));
        Assert.Equal("https://pages.example", await Allowed(open, "https://pages.example"));
        Assert.Null(await Allowed(open, "https://others.example"));

        static async Task<string?> Allowed(RunningServer server, string origin)
        {
            using var request = new HttpRequestMessage(HttpMethod.Options, "/v1/chat/completions");
            request.Headers.Add("Origin", origin);
            request.Headers.Add("Access-Control-Request-Method", "POST");
            request.Headers.Add("Access-Control-Request-Headers", "authorization,content-type");
            var response = await server.Client.SendAsync(request, Token);
            return response.Headers.TryGetValues("Access-Control-Allow-Origin", out var values) ? values.Single() : null;
        }
    }

    [Fact]
    public async Task A_client_that_asks_too_often_is_told_when_to_come_again()
    {
        await using var server = await CaptionsAlone(options => options.RequestsPerMinute = 2);
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 3; i++)
        {
            // A made-up key makes no new client of an old one.
            server.Client.DefaultRequestHeaders.Remove("X-API-Key");
            server.Client.DefaultRequestHeaders.Add("X-API-Key", $"key {i}");
            statuses.Add((await server.GetAsync("/v1/models")).StatusCode);
        }
        var refused = await Caption(server);

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests], statuses);
        Assert.Equal("rate_limit_exceeded", (await RunningServer.Read(refused, 429)).GetProperty("code").GetString());
        Assert.True(refused.Headers.RetryAfter!.Delta > TimeSpan.Zero);
        await RunningServer.Read(await server.GetAsync("/healthz"));
    }

    [Fact]
    public async Task More_requests_at_once_than_it_takes_are_refused_and_the_others_answered()
    {
        await using var server = await CaptionsAlone(options => options.MaxConcurrentRequests = 2);
        var responses = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Caption(server)));

        Assert.All(responses, response =>
            Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.TooManyRequests, $"{response.StatusCode}"));
        Assert.Contains(responses, response => response.IsSuccessStatusCode);
        await RunningServer.Read(await Caption(server));
    }

    [Fact]
    public async Task Calls_that_wait_beyond_the_pipelines_queue_are_refused_and_the_others_answered()
    {
        await using var server = await CaptionsAlone(options => options.Captioner = options.Captioner with { MaxQueuedCalls = 1 });
        var responses = await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => Caption(server)));
        var refused = responses.Where(response => response.StatusCode == HttpStatusCode.TooManyRequests).ToList();

        Assert.All(responses.Except(refused), response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        foreach (var response in refused)
            Assert.Equal("busy", (await RunningServer.Read(response, 429)).GetProperty("code").GetString());
        await RunningServer.Read(await Caption(server));
    }

    /// <summary>Every caller gets the same caption as for its image alone, and the server keeps answering health checks.</summary>
    [Fact]
    public async Task Under_three_hundred_callers_words_stay_the_same_and_health_is_told()
    {
        await using var server = await CaptionsAlone();
        var images = Demo.Paths.Select(File.ReadAllBytes).ToArray();
        var expected = Demo.Answers("greedy").Select(answer => answer.Caption).ToArray();
        var callers = Enumerable.Range(0, 300).Select(async i =>
        {
            var response = await server.Client.PostAsync("/caption", RunningServer.Image(images[i % images.Length]), Token);
            Assert.Equal(expected[i % images.Length],
                (await RunningServer.Read(response)).GetProperty("results")[0].GetProperty("caption").GetString());
        }).ToList();
        var slowest = TimeSpan.Zero;
        while (!callers.TrueForAll(caller => caller.IsCompleted))
        {
            var clock = Stopwatch.StartNew();
            await RunningServer.Read(await server.GetAsync("/healthz"));
            slowest = clock.Elapsed > slowest ? clock.Elapsed : slowest;
            await Task.Delay(20, Token);
        }
        await Task.WhenAll(callers);

        // The bound is a benchmark's; here it tells a starved thread pool, which took half a minute, from a busy machine.
        Assert.True(slowest < TimeSpan.FromSeconds(5), $"{slowest}");
    }

    [Fact]
    public async Task Metrics_are_Prometheus_and_behind_the_key()
    {
        await using var server = await CaptionsAlone(options => options.ApiKeys = ["mine"]);
        var refused = await server.GetAsync("/metrics");
        server.Client.DefaultRequestHeaders.Add("X-API-Key", "mine");
        await RunningServer.Read(await Caption(server));
        var text = "";
        // A request is counted once it has ended, which may be after its answer has come.
        for (var attempt = 0; attempt < 100 && !CaptionsCounted().IsMatch(text); attempt++)
        {
            await Task.Delay(50, Token);
            text = await server.Client.GetStringAsync("/metrics", Token);
        }

        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Matches(CaptionsCounted(), text);
        Assert.Contains("gen_ai_server_request_duration_seconds_count{", text, StringComparison.Ordinal);
        Assert.Matches("""blip_server_model_ready\{[^}]*model="caption"[^}]*\} 1""", text);
    }

    [Fact]
    public async Task The_description_names_every_endpoint_and_the_fields_as_requests_have_them()
    {
        await using var server = await CaptionsAlone();
        var document = await RunningServer.Read(await server.GetAsync("/openapi/v1.json"));

        Assert.Equal(
            ["/ask", "/attention", "/caption", "/healthz", "/label", "/match", "/readyz", "/search", "/search/image",
                "/v1/chat/completions", "/v1/embeddings", "/v1/models", "/v1/models/{name}"],
            document.GetProperty("paths").EnumerateObject().Select(path => path.Name).Order(StringComparer.Ordinal));
        var chat = document.GetProperty("components").GetProperty("schemas").GetProperty("ChatCompletionRequest").GetProperty("properties");
        Assert.True(chat.TryGetProperty("max_completion_tokens", out _) && chat.TryGetProperty("num_beams", out _)
            && chat.TryGetProperty("stream", out _));
        Assert.DoesNotContain(RunningServer.Weights("captioning"), document.GetRawText(), StringComparison.Ordinal);
    }

    /// <summary>The page may load only from this server, by its headers, for any script.</summary>
    [Fact]
    public async Task The_reference_page_loads_nothing_from_elsewhere()
    {
        await using var server = await CaptionsAlone();
        var response = await server.Client.GetAsync("/reference/", Token);
        var page = await response.Content.ReadAsStringAsync(Token);
        var scripts = Source().Matches(page).Select(match => match.Groups[1].Value).ToList();

        Assert.NotEmpty(scripts);
        Assert.All(scripts, script => Assert.DoesNotContain("//", script, StringComparison.Ordinal));
        foreach (var script in scripts)
            Assert.True((await server.Client.GetAsync(
                new Uri(new Uri(server.Client.BaseAddress!, "/reference/"), script), Token)).IsSuccessStatusCode, script);
        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
        Assert.Contains("connect-src 'self'", policy, StringComparison.Ordinal);
    }

    // Servers of other tests in this process are counted, too: .NET's meters are the process's.
    [GeneratedRegex("""http_server_request_duration_seconds_count\{[^}]*http_route="/caption"[^}]*\} [1-9]""")]
    private static partial Regex CaptionsCounted();

    [GeneratedRegex("<script[^>]*\\ssrc=\"([^\"]+)\"")]
    private static partial Regex Source();
}
