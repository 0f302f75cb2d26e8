using System.Collections.Concurrent;
using Blip.Bootstrapping.Queues;

namespace Blip.Tests.Bootstrapping;

public class InProcessShardQueueTests
{
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(60);

    private readonly ManualTime time = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lease_that_runs_out_is_handed_out_again_and_one_that_is_renewed_is_not()
    {
        await using var queue = new InProcessShardQueue([0, 1], LeaseTime, time);
        var (lost, kept) = ((await queue.TakeAsync(Stop))!, (await queue.TakeAsync(Stop))!);
        Assert.Equal(TimeSpan.FromSeconds(20), kept.RenewEvery);

        var third = queue.TakeAsync(Stop);
        time.Advance(TimeSpan.FromSeconds(40));
        await kept.RenewAsync(Stop);
        Assert.False(third.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(lost.Shard, (await third)!.Shard);

        var fourth = queue.TakeAsync(Stop);
        time.Advance(TimeSpan.FromSeconds(39));
        Assert.False(fourth.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(kept.Shard, (await fourth)!.Shard);
    }

    [Fact]
    public async Task Who_waits_learns_that_all_is_done()
    {
        await using var queue = new InProcessShardQueue([7], LeaseTime, time);
        var lease = (await queue.TakeAsync(Stop))!;
        var waiting = queue.TakeAsync(Stop);
        await Task.Yield();
        Assert.False(waiting.IsCompleted);
        await lease.CompleteAsync(Stop);
        Assert.Null(await waiting);
    }

    [Fact]
    public async Task A_shard_given_back_comes_after_its_delay_to_who_waits()
    {
        await using var queue = new InProcessShardQueue([7], LeaseTime, time);
        var lease = (await queue.TakeAsync(Stop))!;
        var waiting = queue.TakeAsync(Stop);
        await lease.ReturnAsync(TimeSpan.FromSeconds(5), Stop);
        // The waiting task sets its timer anew in its own time.
        while (!waiting.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1, Stop);
        }
        Assert.Equal(7, (await waiting)!.Shard);
        Assert.InRange(time.GetTimestamp(), TimeSpan.FromSeconds(5).Ticks, long.MaxValue);
    }

    [Fact]
    public async Task A_worker_that_was_too_slow_gives_nothing_back_and_completes_all_the_same()
    {
        await using var queue = new InProcessShardQueue([0, 1], LeaseTime, time);
        var slow = (await queue.TakeAsync(Stop))!;
        time.Advance(LeaseTime);
        var next = (await queue.TakeAsync(Stop))!;
        Assert.Equal(0, next.Shard);
        await slow.ReturnAsync(TimeSpan.Zero, Stop);
        await slow.RenewAsync(Stop);
        await slow.FailAsync("late", Stop);
        Assert.Equal(1, (await queue.TakeAsync(Stop))!.Shard);
        Assert.Empty(queue.Failed);

        await slow.CompleteAsync(Stop);
        await next.ReturnAsync(TimeSpan.Zero, Stop);
        time.Advance(LeaseTime);
        Assert.Equal(1, (await queue.TakeAsync(Stop))!.Shard);
    }

    [Fact]
    public async Task A_failed_shard_is_told_and_not_handed_out_again()
    {
        await using var queue = new InProcessShardQueue([0], LeaseTime, time);
        await (await queue.TakeAsync(Stop))!.FailAsync("no such file", Stop);
        Assert.Null(await queue.TakeAsync(Stop));
        Assert.Equal(new Dictionary<int, string> { [0] = "no such file" }, queue.Failed);
    }

    [Fact]
    public async Task Many_workers_some_of_which_stop_do_every_shard()
    {
        await using var queue = new InProcessShardQueue(Enumerable.Range(0, 200), TimeSpan.FromMilliseconds(50));
        var done = new ConcurrentBag<int>();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            for (var taken = 0; await queue.TakeAsync(Stop) is { } lease; taken++)
            {
                // Half of the workers vanish in the midst of their third shard.
                if (worker % 2 == 0 && taken == 2)
                    return;
                done.Add(lease.Shard);
                await lease.CompleteAsync(Stop);
            }
        }, Stop)));
        Assert.Equal(Enumerable.Range(0, 200), done.Distinct().Order());
    }
}
