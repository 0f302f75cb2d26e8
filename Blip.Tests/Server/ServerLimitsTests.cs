using System.Diagnostics;
using System.Net;
using Blip.Server.Hosting;
using Blip.Tests.Cli;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Blip.Tests.Server;

/// <summary>Keys, limits, times, and how a server begins and ends.</summary>
public sealed class ServerLimitsTests
{
    private static readonly byte[] Bytes = File.ReadAllBytes(Demo.Sample("00.png"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_its_key_a_server_tells_nothing_but_how_it_is()
    {
        await using var server = await RunningServer.StartAsync(options =>
        {
            options.ApiKeys = ["first", "second"];
            (options.AskModel, options.MatchModel) = (null, null);
        });
        var none = await server.GetAsync("/v1/models");
        server.Client.DefaultRequestHeaders.Add("Authorization", "Bearer secon");
        var wrong = await server.Client.PostAsync("/caption", RunningServer.Image(Bytes), Token);
        server.Client.DefaultRequestHeaders.Remove("Authorization");
        server.Client.DefaultRequestHeaders.Add("X-API-Key", "second");

        var error = (await RunningServer.Read(none, 401)).GetProperty("error");
        Assert.Equal(("authentication_error", "invalid_api_key"),
            (error.GetProperty("type").GetString(), error.GetProperty("code").GetString()));
        Assert.Equal("Bearer", none.Headers.WwwAuthenticate.Single().Scheme);
        Assert.Contains("no valid key", (await RunningServer.Read(wrong, 401)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        await RunningServer.Read(await server.Client.PostAsync("/caption", RunningServer.Image(Bytes), Token));
        Assert.Equal("caption", (await server.OpenAI("first").GetOpenAIModelClient().GetModelAsync("caption", Token)).Value.Id);
        server.Client.DefaultRequestHeaders.Clear();
        await RunningServer.Read(await server.GetAsync("/healthz"));
        await RunningServer.Read(await server.GetAsync("/readyz"));
    }

    [Fact]
    public async Task Too_large_a_body_too_many_images_and_models_that_are_not_served_are_told()
    {
        await using var server = await RunningServer.StartAsync(options =>
        {
            (options.MaxBodyBytes, options.MaxImages) = (20_000, 2);
            (options.AskModel, options.MatchModel) = (null, null);
        });
        var large = await server.Client.PostAsync("/caption", RunningServer.Image(new byte[30_000]), Token);
        var largeChat = await server.PostAsync("/v1/chat/completions", new { model = "caption", padding = new string('x', 30_000) });
        var many = await server.PostAsync("/caption", new { images = new[] { "aGVsbG8=", "aGVsbG8=", "aGVsbG8=" } });
        var ask = await server.PostAsync("/v1/chat/completions", new { model = "ask" });

        Assert.Contains("larger than this server allows", (await RunningServer.Read(large, 413)).GetProperty("detail").GetString(),
            StringComparison.Ordinal);
        Assert.Equal("body_too_large", (await RunningServer.Read(largeChat, 413)).GetProperty("error").GetProperty("code").GetString());
        Assert.Contains("takes 2 at once", (await RunningServer.Read(many, 400)).GetProperty("detail").GetString(),
            StringComparison.Ordinal);
        Assert.Contains("give one of caption, blip",
            (await RunningServer.Read(ask, 404)).GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Work_that_takes_too_long_is_ended_and_told()
    {
        await using var server = await RunningServer.StartAsync(options =>
        {
            options.RequestTimeout = TimeSpan.FromMilliseconds(1);
            (options.AskModel, options.MatchModel) = (null, null);
        });

        var problem = await RunningServer.Read(await server.Client.PostAsync("/caption", RunningServer.Image(Bytes), Token), 504);
        Assert.Equal("timeout", problem.GetProperty("code").GetString());
    }

    [Fact]
    public async Task While_models_are_loaded_it_is_alive_and_not_ready()
    {
        await using var server = await RunningServer.BeginAsync(setup: NothingLoaded);
        var ready = await server.GetAsync("/readyz");
        var health = await server.GetAsync("/healthz");
        var asked = await server.PostAsync("/v1/embeddings", new { model = "match", input = "x" });
        var models = server.App.Services.GetRequiredService<ModelSet>();
        await models.StartAsync(Token);
        await models.Loaded.WaitAsync(Token);
        var later = await RunningServer.Read(await server.GetAsync("/readyz"));

        Assert.Equal("loading", (await RunningServer.Read(ready, 503)).GetProperty("status").GetString());
        Assert.Equal("ok", (await RunningServer.Read(health)).GetProperty("status").GetString());
        Assert.Equal("model_loading", (await RunningServer.Read(asked, 503)).GetProperty("error").GetProperty("code").GetString());
        Assert.NotNull(asked.Headers.RetryAfter);
        Assert.Equal(("ready", "ready"),
            (later.GetProperty("status").GetString(), later.GetProperty("models").GetProperty("match").GetString()));
    }

    [Fact]
    public async Task A_model_that_failed_is_told_and_the_others_answer()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(RunningServer.Weights("vqa")))
            File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
        folder.Write("model.safetensors", "no weights");
        await using var server = await RunningServer.BeginAsync(options => options.AskModel = folder.Path);
        await Assert.ThrowsAsync<Blip.Runtime.Checkpoints.CheckpointException>(
            () => server.App.Services.GetRequiredService<ModelSet>().Loaded.WaitAsync(Token));
        var ready = await RunningServer.Read(await server.GetAsync("/readyz"), 503);
        var asked = await RunningServer.Read(
            await server.PostAsync("/ask", new { image = Convert.ToBase64String(Bytes), question = "what?" }), 503);

        Assert.Equal(("failed", "failed"),
            (ready.GetProperty("status").GetString(), ready.GetProperty("models").GetProperty("ask").GetString()));
        Assert.Equal("model_failed", asked.GetProperty("code").GetString());
        Assert.DoesNotContain(folder.Path, asked.GetRawText(), StringComparison.Ordinal);
        await RunningServer.Read(await server.Client.PostAsync("/caption", RunningServer.Image(Bytes), Token));
    }

    // The models are registered, and none begins to load.
    internal static BlipHostSetup NothingLoaded => new()
    {
        Services = services =>
            services.Remove(services.Single(service =>
                service.ServiceType == typeof(IHostedService) && service.ImplementationFactory?.Method.ReturnType == typeof(ModelSet))),
    };

    [Fact]
    public async Task Options_that_name_no_model_are_refused_at_the_start()
    {
        var e = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => RunningServer.BeginAsync(options =>
            (options.CaptionModel, options.AskModel, options.MatchModel, options.MaxImages) = (null, null, "nowhere", 0)));

        Assert.Contains("MaxImages is 0", e.Message, StringComparison.Ordinal);
        Assert.Contains("MatchModel: ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_goes_away_ends_its_work_and_nobody_elses()
    {
        await using var server = await RunningServer.StartAsync(options => (options.AskModel, options.MatchModel) = (null, null));
        using var leaving = new CancellationTokenSource();
        var images = Enumerable.Repeat(Convert.ToBase64String(Bytes), 64).ToArray();
        var abandoned = server.Client.PostAsync(
            "/caption", RunningServer.Json(new { images, num_beams = 5, min_new_tokens = 19 }), leaving.Token);
        await Task.Delay(300, Token);
        await leaving.CancelAsync();
        var clock = Stopwatch.StartNew();
        await RunningServer.Read(await server.Client.PostAsync("/caption", RunningServer.Image(Bytes), Token));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"the next request took {clock.Elapsed}");
    }

    [Fact]
    public async Task At_its_end_a_server_finishes_what_runs_and_refuses_what_is_new()
    {
        await using var server = await RunningServer.StartAsync(options => (options.AskModel, options.MatchModel) = (null, null));
        using var second = new HttpClient { BaseAddress = server.Client.BaseAddress };
        await second.GetAsync("/healthz", Token);
        var images = Demo.Paths.Concat(Demo.Paths).Select(path => Convert.ToBase64String(File.ReadAllBytes(path))).Take(24).ToArray();
        var running = server.PostAsync("/caption", new { images, num_beams = 3 });
        await Task.Delay(200, Token);
        var ending = server.App.StopAsync(Token);
        HttpStatusCode? refused = null;
        try
        {
            refused = (await second.PostAsync("/caption", RunningServer.Image(Bytes), Token)).StatusCode;
        }
        catch (HttpRequestException)
        {
            // The connection is closed already: that is a refusal, too.
        }

        Assert.True(refused is null or HttpStatusCode.ServiceUnavailable, $"{refused}");
        var results = (await RunningServer.Read(await running)).GetProperty("results");
        Assert.All(results.EnumerateArray(), result => Assert.True(result.TryGetProperty("caption", out _)));
        await ending;
    }
}
