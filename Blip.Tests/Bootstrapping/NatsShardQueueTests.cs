using System.Collections.Concurrent;
using System.Diagnostics;
using Blip.Bootstrapping.Queues;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace Blip.Tests.Bootstrapping;

/// <summary>Against a nats-server that the test starts; <c>nats</c> in the reason of a skip means that there is none.</summary>
public class NatsShardQueueTests
{
    private const string Run = "4f2a90c1d3";

    private static readonly NatsQueueOptions Options = new()
    {
        AckWait = TimeSpan.FromSeconds(1.5),
        PullWait = TimeSpan.FromSeconds(1),
        Patience = TimeSpan.FromSeconds(30),
    };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Three_workers_one_of_which_stops_do_every_shard_and_see_the_end()
    {
        using var server = await NatsProcess.StartAsync();
        Assert.Equal(12, await NatsShardQueue.FillAsync(server.Url, Run, Enumerable.Range(0, 12), Options, Stop));
        var done = new ConcurrentBag<int>();

        // It takes one and is never heard of again.
        var lost = await NatsShardQueue.OpenAsync(server.Url, Run, Options, Stop);
        var lease = await lost.TakeAsync(Stop);
        Assert.Equal(TimeSpan.FromSeconds(0.5), lease!.RenewEvery);
        await lost.DisposeAsync();

        await Task.WhenAll(WorkAsync(server.Url, done), WorkAsync(server.Url, done));
        Assert.Equal(Enumerable.Range(0, 12), done.Order());

        // A worker that joins after the end sees it, too.
        await WorkAsync(server.Url, done);
        Assert.Equal(12, done.Count);
    }

    [Fact]
    public async Task A_shard_under_way_is_waited_for_and_is_kept_by_its_heartbeat()
    {
        using var server = await NatsProcess.StartAsync();
        await NatsShardQueue.FillAsync(server.Url, Run, [5], Options, Stop);
        await using var working = await NatsShardQueue.OpenAsync(server.Url, Run, Options, Stop);
        await using var waiting = await NatsShardQueue.OpenAsync(server.Url, Run, Options, Stop);
        var lease = (await working.TakeAsync(Stop))!;

        var second = waiting.TakeAsync(Stop);
        for (var begin = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begin) < Options.AckWait * 2;)
        {
            await lease.RenewAsync(Stop);
            await Task.Delay(lease.RenewEvery!.Value, Stop);
        }
        Assert.False(second.IsCompleted);
        await lease.CompleteAsync(Stop);
        Assert.Null(await second);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("KILL")]
    public async Task A_restart_of_the_server_loses_nothing(string signal)
    {
        using var server = await NatsProcess.StartAsync();
        await NatsShardQueue.FillAsync(server.Url, Run, Enumerable.Range(0, 8), Options, Stop);
        var done = new ConcurrentBag<int>();
        await using var queue = await NatsShardQueue.OpenAsync(server.Url, Run, Options, Stop);
        for (var shard = 0; shard < 3; shard++)
        {
            var lease = (await queue.TakeAsync(Stop))!;
            done.Add(lease.Shard);
            await lease.CompleteAsync(Stop);
        }
        // One is under way, and one is asked for, while the server is away.
        var during = (await queue.TakeAsync(Stop))!;
        var worker = WorkAsync(server.Url, done, pause: TimeSpan.FromMilliseconds(300));
        await server.EndAsync(signal);
        await during.RenewAsync(Stop);
        done.Add(during.Shard);
        var completing = during.CompleteAsync(Stop);
        await Task.Delay(1000, Stop);
        await server.RunAsync();
        await completing;

        await Task.WhenAll(worker, WorkAsync(server.Url, done));
        await WorkAsync(queue, done);
        // A killed server may forget acknowledgements: shards may come twice, and none is missing.
        Assert.Equal(Enumerable.Range(0, 8), done.Distinct().Order());
    }

    [Fact]
    public async Task A_shard_given_back_comes_again_after_its_delay_and_one_that_failed_does_not()
    {
        using var server = await NatsProcess.StartAsync();
        await NatsShardQueue.FillAsync(server.Url, Run, [0, 1], Options, Stop);
        await using var queue = await NatsShardQueue.OpenAsync(server.Url, Run, Options, Stop);
        var begin = Stopwatch.GetTimestamp();
        await (await queue.TakeAsync(Stop))!.ReturnAsync(TimeSpan.FromSeconds(3), Stop);
        await (await queue.TakeAsync(Stop))!.FailAsync("no such file", Stop);

        // Longer than a request for a shard stays at the server: that it waits is no end.
        var again = (await queue.TakeAsync(Stop))!;
        Assert.InRange(Stopwatch.GetElapsedTime(begin), TimeSpan.FromSeconds(2.5), TimeSpan.FromSeconds(30));
        Assert.Equal(0, again.Shard);
        await again.CompleteAsync(Stop);
        Assert.Null(await queue.TakeAsync(Stop));
        Assert.Equal([KeyValuePair.Create(1, "no such file")], queue.Failed);
    }

    [Fact]
    public async Task A_shard_that_no_worker_finishes_is_given_up_and_may_be_queued_again()
    {
        using var server = await NatsProcess.StartAsync();
        await NatsShardQueue.FillAsync(server.Url, Run, [0, 1], Options, Stop);
        await using var queue = await NatsShardQueue.OpenAsync(server.Url, Run, Options with { MaxDeliveries = 2 }, Stop);
        var taken = new List<int>();
        while (await queue.TakeAsync(Stop) is { } lease)
        {
            taken.Add(lease.Shard);
            if (lease.Shard == 1)
                await lease.CompleteAsync(Stop);
            else
                await lease.ReturnAsync(TimeSpan.Zero, Stop);
        }
        Assert.Equal([0, 0, 1], taken.Order());
        Assert.Equal([KeyValuePair.Create(0, "it was handed out 2 times, and no worker finished it")], queue.Failed);
        Assert.Equal(1, await NatsShardQueue.FillAsync(server.Url, Run, [0], Options, Stop));
        Assert.Equal(0, (await queue.TakeAsync(Stop))!.Shard);
    }

    [Fact]
    public async Task Filling_again_adds_what_is_not_queued()
    {
        using var server = await NatsProcess.StartAsync();
        Assert.Equal(3, await NatsShardQueue.FillAsync(server.Url, Run, [0, 1, 2, 1], Options, Stop));
        Assert.Equal(1, await NatsShardQueue.FillAsync(server.Url, Run, [0, 1, 2, 3], Options, Stop));
        await using var queue = await NatsShardQueue.OpenAsync(server.Url, Run, Options, Stop);
        var lease = (await queue.TakeAsync(Stop))!;
        Assert.Equal(0, await NatsShardQueue.FillAsync(server.Url, Run, [lease.Shard], Options, Stop));
        await lease.CompleteAsync(Stop);
        var done = new ConcurrentBag<int>();
        await WorkAsync(queue, done);
        Assert.Equal([1, 2, 3], done.Order());
        // Nothing is left, and who is asked to queue nothing may do so.
        Assert.Equal(0, await NatsShardQueue.FillAsync(server.Url, Run, [], Options, Stop));
        Assert.Null(await queue.TakeAsync(Stop));
    }

    [Fact]
    public async Task Runs_do_not_mix()
    {
        using var server = await NatsProcess.StartAsync();
        await NatsShardQueue.FillAsync(server.Url, Run, [0], Options, Stop);
        await NatsShardQueue.FillAsync(server.Url, "another", [1], Options, Stop);
        await using (var queue = await NatsShardQueue.OpenAsync(server.Url, "another", Options, Stop))
            Assert.Equal(1, (await queue.TakeAsync(Stop))!.Shard);

        var named = server.Url + "/mine";
        await NatsShardQueue.FillAsync(named, Run, [0], Options, Stop);
        const string Another = "belongs to another run (4f2a90c1d3, not another)";
        await Refused(() => NatsShardQueue.FillAsync(named, "another", [1], Options, Stop), Another);
        await Refused(() => NatsShardQueue.OpenAsync(named, "another", Options, Stop), Another);

        // A message that another tool put there.
        await using var connection = new NatsConnection(new NatsOpts { Url = server.Url });
        var streams = new NatsJSContext(connection);
        await streams.PublishAsync("blip.shards.mine.x", """{"run":"third","shard":0}""", cancellationToken: Stop);
        await using var mixed = await NatsShardQueue.OpenAsync(named, Run, Options, Stop);
        Assert.Equal(0, (await mixed.TakeAsync(Stop))!.Shard);
        await Refused(() => mixed.TakeAsync(Stop), "holds shards of another run (third, not 4f2a90c1d3)");
    }

    [Fact]
    public async Task A_stream_that_is_no_queue_is_refused_and_stays_as_it_is()
    {
        using var server = await NatsProcess.StartAsync();
        await using var connection = new NatsConnection(new NatsOpts { Url = server.Url });
        var streams = new NatsJSContext(connection);
        await streams.CreateStreamAsync(new StreamConfig("orders", ["orders.*"]), Stop);
        var url = server.Url + "/orders";
        await Refused(() => NatsShardQueue.FillAsync(url, Run, [1], Options, Stop), "is no queue of shards: name another stream, or none.");
        await Refused(() => NatsShardQueue.OpenAsync(url, Run, Options, Stop), "is no queue of shards: name another stream, or none.");
        Assert.Equal(0, (await streams.GetStreamAsync("orders", cancellationToken: Stop)).Info.State.Messages);
    }

    [Fact]
    public async Task A_queue_that_was_never_filled_or_is_deleted_is_told()
    {
        using var server = await NatsProcess.StartAsync();
        var stream = NatsShardQueue.StreamOf(Run);
        await Refused(() => NatsShardQueue.OpenAsync(server.Url, Run, Options, Stop), $"has no queue '{stream}': fill it first");

        await NatsShardQueue.FillAsync(server.Url, Run, [], Options, Stop);
        await using var queue = await NatsShardQueue.OpenAsync(server.Url, Run, Options, Stop);
        await using var connection = new NatsConnection(new NatsOpts { Url = server.Url });
        await new NatsJSContext(connection).DeleteStreamAsync(stream, Stop);
        await Refused(() => queue.TakeAsync(Stop), $"The queue '{stream}' is gone");
    }

    [Fact]
    public async Task A_server_that_stays_away_is_told_after_the_patience()
    {
        var impatient = Options with { Patience = TimeSpan.FromSeconds(2) };
        var server = await NatsProcess.StartAsync();
        using (server)
        {
            await NatsShardQueue.FillAsync(server.Url, Run, [0], Options, Stop);
            await using var queue = await NatsShardQueue.OpenAsync(server.Url, Run, impatient, Stop);
            await server.EndAsync("TERM");
            await Refused(() => queue.TakeAsync(Stop), "has not answered for");
        }
        var url = server.Url.Replace("//", "//user:secret@", StringComparison.Ordinal);
        var exception = await Assert.ThrowsAsync<ShardQueueException>(() => NatsShardQueue.OpenAsync(url, Run, impatient, Stop));
        Assert.StartsWith(server.Url + " has not answered for", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", exception.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://host:4222")]
    [InlineData("nats:")]
    [InlineData("nats://host:4222/two/parts")]
    [InlineData("nats://host:4222/a.b")]
    [InlineData("nats://host:4222/a?b=c")]
    public async Task An_address_that_is_none_is_told(string url) =>
        await Assert.ThrowsAsync<ShardQueueException>(() => NatsShardQueue.OpenAsync(url, Run, Options, Stop));

    [Fact]
    public async Task Credentials_that_are_missing_are_told() => await Refused(
        () => NatsShardQueue.OpenAsync("nats://127.0.0.1:1", Run, Options with { CredentialsFile = "none.creds" }, Stop), "'none.creds'");

    private static async Task Refused(Func<Task> use, string message) =>
        Assert.Contains(message, (await Assert.ThrowsAsync<ShardQueueException>(use)).Message, StringComparison.Ordinal);

    private static async Task WorkAsync(string url, ConcurrentBag<int> done, TimeSpan pause = default)
    {
        await using var queue = await NatsShardQueue.OpenAsync(url, Run, Options, Stop);
        await WorkAsync(queue, done, pause);
    }

    private static async Task WorkAsync(NatsShardQueue queue, ConcurrentBag<int> done, TimeSpan pause = default)
    {
        while (await queue.TakeAsync(Stop) is { } lease)
        {
            await Task.Delay(pause, Stop);
            done.Add(lease.Shard);
            await lease.CompleteAsync(Stop);
        }
    }
}
