using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Blip.Runtime.Pipelines;
using Blip.Server;
using Blip.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OpenAI;

namespace Blip.Tests.Server;

/// <summary>A server in this process, on a free port of the loopback address, with the demo models.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private RunningServer(WebApplication app)
    {
        App = app;
        Client = new HttpClient { BaseAddress = new Uri(BlipHost.AddressOf(app)) };
    }

    public WebApplication App { get; }

    public HttpClient Client { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Starts one whose models are there.</summary>
    public static async Task<RunningServer> StartAsync(Action<BlipServerOptions>? configure = null, BlipHostSetup? setup = null)
    {
        var server = await BeginAsync(configure, setup);
        await server.App.Services.GetRequiredService<ModelSet>().Loaded.WaitAsync(Token);
        return server;
    }

    /// <summary>Starts one whose models are still being loaded.</summary>
    public static async Task<RunningServer> BeginAsync(Action<BlipServerOptions>? configure = null, BlipHostSetup? setup = null)
    {
        var app = BlipHost.Build((setup ?? new BlipHostSetup()) with { Port = 0 }, options =>
        {
            (options.CaptionModel, options.AskModel, options.MatchModel) = (Weights("captioning"), Weights("vqa"), Weights("retrieval"));
            options.Captioner = new CaptionerOptions { Device = "cpu" };
            options.Answerer = new QuestionAnswererOptions { Device = "cpu" };
            options.Matcher = new MatcherOptions { Device = "cpu" };
            configure?.Invoke(options);
        });
        await app.StartAsync(Token);
        return new RunningServer(app);
    }

    public static string Weights(string model) => Path.Combine(AppContext.BaseDirectory, "weights", model);

    /// <summary>OpenAI's own client, pointed here.</summary>
    public OpenAIClient OpenAI(string key = "none") => new(new ApiKeyCredential(key), new OpenAIClientOptions
    {
        Endpoint = new Uri(Client.BaseAddress!, "v1"),
        RetryPolicy = new ClientRetryPolicy(0),
    });

    public Task<HttpResponseMessage> GetAsync(string path) => Client.GetAsync(path, Token);

    public Task<HttpResponseMessage> PostAsync(string path, object body) => Client.PostAsync(path, Json(body), Token);

    public static StringContent Json(object body) =>
        new(body as string ?? JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");

    public static ByteArrayContent Image(byte[] bytes, string type = "image/png")
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return content;
    }

    /// <summary>A response's JSON, and that it has this status.</summary>
    public static async Task<JsonElement> Read(HttpResponseMessage response, int status = 200)
    {
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True((int)response.StatusCode == status, $"{(int)response.StatusCode}: {text}");
        return JsonDocument.Parse(text).RootElement.Clone();
    }

    /// <summary>The events of a stream: name and data.</summary>
    public static async Task<IReadOnlyList<(string Name, string Data)>> Events(HttpResponseMessage response)
    {
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        var text = await response.Content.ReadAsStringAsync(Token);
        return [.. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split('\n')).Select(lines => (
            lines.FirstOrDefault(line => line.StartsWith("event: ", StringComparison.Ordinal))?[7..] ?? "",
            lines.Single(line => line.StartsWith("data: ", StringComparison.Ordinal))[6..]))];
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await BlipHost.StopAsync(App);
        await App.DisposeAsync();
    }
}
