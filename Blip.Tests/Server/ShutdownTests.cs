using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Blip.Server.Hosting;
using Blip.Tests.Cli;
using Microsoft.Extensions.DependencyInjection;

namespace Blip.Tests.Server;

/// <summary>Ends and failures of a running server: each client gets an answer, and nothing waits for one that sends no more.</summary>
public sealed class ShutdownTests
{
    private static readonly byte[] Bytes = File.ReadAllBytes(Demo.Sample("00.png"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("POST /caption HTTP/1.1\r\nHost: localhost\r\nContent-")]
    [InlineData("GET /healthz HTTP/1.1\r\n")]
    public async Task Half_a_request_does_not_delay_the_end(string half)
    {
        var server = await CaptionsAlone(new BlipHostSetup { ShutdownTimeout = TimeSpan.FromMinutes(1) });
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Client.BaseAddress!.Host, server.Client.BaseAddress.Port, Token);
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(half), Token);
        await RunningServer.Read(await server.GetAsync("/healthz"));

        var clock = Stopwatch.StartNew();
        await server.DisposeAsync();

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(15), $"{clock.Elapsed}");
    }

    [Fact]
    public async Task What_does_not_finish_in_time_is_answered_all_the_same()
    {
        var server = await CaptionsAlone(new BlipHostSetup { ShutdownTimeout = TimeSpan.FromSeconds(2) });
        var images = Enumerable.Repeat(Convert.ToBase64String(Bytes), 64).ToArray();
        var running = Task.WhenAll(Enumerable.Range(0, 8)
            .Select(_ => server.PostAsync("/caption", new { images, num_beams = 8, min_new_tokens = 19 })));
        while (server.App.Services.GetRequiredService<Shutdown>().InHand < 8)
            await Task.Delay(10, Token);

        var ending = BlipHost.StopAsync(server.App);
        var cut = (await running).Where(response => !response.IsSuccessStatusCode).ToList();

        Assert.NotEmpty(cut);
        foreach (var response in cut)
            Assert.Equal("shutting_down", (await RunningServer.Read(response, 503)).GetProperty("code").GetString());
        await ending;
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_host_that_waits_without_an_end_cuts_nothing()
    {
        var server = await CaptionsAlone(new BlipHostSetup { ShutdownTimeout = Timeout.InfiniteTimeSpan });
        var running = server.PostAsync(
            "/caption", new { images = Enumerable.Repeat(Convert.ToBase64String(Bytes), 16).ToArray(), num_beams = 3 });
        while (server.App.Services.GetRequiredService<Shutdown>().InHand < 1)
            await Task.Delay(10, Token);

        await BlipHost.StopAsync(server.App);

        await RunningServer.Read(await running);
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_model_that_is_gone_is_an_answer_and_the_others_go_on()
    {
        await using var server = await RunningServer.StartAsync(options => options.MatchModel = null);
        // A pipeline that is freed under its server fails as one whose device is lost.
        server.App.Services.GetRequiredService<ModelSet>().Caption.Get().Dispose();

        for (var i = 0; i < 2; i++)
        {
            var failed = await server.Client.PostAsync("/caption", RunningServer.Image(Bytes), Token);
            Assert.Equal("device_failed", (await RunningServer.Read(failed, 500)).GetProperty("code").GetString());
        }
        var answer = await server.PostAsync("/ask", new { image = Convert.ToBase64String(Bytes), question = "what color is the ring?" });
        Assert.NotEmpty((await RunningServer.Read(answer)).GetProperty("results")[0].GetProperty("answer").GetString()!);
        await RunningServer.Read(await server.GetAsync("/healthz"));
    }

    [Fact]
    public async Task A_model_folder_that_changes_changes_no_words_of_a_running_server()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(RunningServer.Weights("captioning")))
            File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
        await using var server = await RunningServer.StartAsync(options =>
            (options.CaptionModel, options.AskModel, options.MatchModel) = (folder.Path, null, null));
        var before = await Caption(server);

        // Cut in place, as a program does that writes a file anew, and then deleted.
        foreach (var file in Directory.GetFiles(folder.Path))
        {
            File.WriteAllBytes(file, [0]);
            Assert.Equal(before, await Caption(server));
            File.Delete(file);
        }

        Assert.Equal(Demo.Answers("greedy")[0].Caption, before);
        Assert.Equal(before, await Caption(server));
        await RunningServer.Read(await server.GetAsync("/readyz"));
    }

    private static Task<RunningServer> CaptionsAlone(BlipHostSetup setup) =>
        RunningServer.StartAsync(options => (options.AskModel, options.MatchModel) = (null, null), setup);

    private static async Task<string> Caption(RunningServer server)
    {
        var response = await server.Client.PostAsync("/caption", RunningServer.Image(Bytes), Token);
        return (await RunningServer.Read(response)).GetProperty("results")[0].GetProperty("caption").GetString()!;
    }
}
