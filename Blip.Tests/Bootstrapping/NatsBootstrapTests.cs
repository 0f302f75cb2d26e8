using System.Collections.Concurrent;
using System.Diagnostics;
using Blip.Tests.Cli;

namespace Blip.Tests.Bootstrapping;

/// <summary>
/// Workers on a real NATS server, <c>blip</c> itself on the demo models: one is killed, one joins late, the server restarts. Their
/// results equal
/// one process leaves, byte for byte.
/// </summary>
public sealed class NatsBootstrapTests
{
    private const int ShardCount = 8, ImagesOfAShard = 16;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("TERM")]
    [InlineData("KILL")]
    public async Task Workers_come_and_go_and_the_server_restarts(string signal)
    {
        using var server = await NatsProcess.StartAsync();
        using var world = await BootstrapWorld.OfTarsAsync(ShardCount * ImagesOfAShard, ImagesOfAShard);
        await BootstrapWorld.RunAsync(world.Request("alone"));

        string[] run =
        [
            world.Web, "--output", world.At("out"), "--captioner", Demo.Model, "--filter", DemoMatching.Model,
            "--device", "cpu", "--batch-size", "4",
        ];
        var filled = await CliRun.Of(["bootstrap", "submit", "nats", server.Url, .. run, "--ack-wait", "3"]);
        Assert.Contains($"blip bootstrap run {world.Web}", filled.Succeeded(), StringComparison.Ordinal);
        Assert.Contains($"{ShardCount} of {ShardCount} shards were put into the queue", filled.Error, StringComparison.Ordinal);
        // Filling again adds nothing.
        Assert.Contains(
            $"0 of {ShardCount} shards",
            (await CliRun.Of(["bootstrap", "submit", "nats", server.Url, .. run])).Error,
            StringComparison.Ordinal);

        var said = new ConcurrentQueue<string>();
        var workers = new List<Process>();
        try
        {
            workers.AddRange([Worker("first"), Worker("second")]);
            await UntilAsync(() => Directory.EnumerateFiles(world.At("out"), "*.journal").Any());
            workers[0].Kill();
            await UntilAsync(() => Done() >= 2);
            await server.EndAsync(signal);
            await server.RunAsync();
            workers.Add(Worker("late"));
            await Task.WhenAll(workers.Select(worker => worker.WaitForExitAsync(Token)));
            Assert.Equal([0, 0], workers.Skip(1).Select(worker => worker.ExitCode));
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{e.Message} {string.Join('\n', said)}", e);
        }
        finally
        {
            foreach (var worker in workers)
            {
                if (!worker.HasExited)
                    worker.Kill();
                worker.Dispose();
            }
        }
        Assert.Equal(world.Files("alone"), world.Files("out"));

        Process Worker(string name) =>
            BootstrapProgram.Start(
                BootstrapProgram.Run(world.Web, world.At("out"), "--from", server.Url), line => said.Enqueue($"{name}: {line}"));

        int Done() => Directory.EnumerateFiles(world.At("out"), "*.done.json").Count();
    }

    [Fact]
    public async Task A_worker_of_another_run_is_refused()
    {
        using var server = await NatsProcess.StartAsync();
        using var world = await BootstrapWorld.OfTarsAsync(images: 2, shardSize: 2);
        string[] run = [world.Web, "--captioner", Demo.Model, "--filter", DemoMatching.Model, "--device", "cpu"];
        (await CliRun.Of(["bootstrap", "submit", "nats", $"{server.Url}/SHARED", .. run, "--output", world.At("one")])).Succeeded();
        (await CliRun.Of(
            ["bootstrap", "run", .. run, "--output", world.At("two"), "--captions", "2", "--from", $"{server.Url}/SHARED"]))
            .Refused("another run");
        (await CliRun.Of(
            ["bootstrap", "run", .. run, "--output", world.At("two"), "--captions", "2", "--from", server.Url]))
            .Refused("fill it first");
    }

    private static async Task UntilAsync(Func<bool> what)
    {
        for (var start = Stopwatch.StartNew(); !what(); await Task.Delay(20, Token))
            Assert.True(start.Elapsed < TimeSpan.FromMinutes(2), "it did not come to that within two minutes");
    }
}
