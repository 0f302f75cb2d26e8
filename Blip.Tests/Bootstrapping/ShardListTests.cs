using Blip.Bootstrapping.Queues;

namespace Blip.Tests.Bootstrapping;

public class ShardListTests
{
    private readonly ManualTime time = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Shards_come_in_order_then_none()
    {
        await using var list = new ShardList([3, 1, 2]);
        foreach (var expected in new[] { 3, 1, 2 })
        {
            var lease = await list.TakeAsync(Stop);
            Assert.Equal((expected, null), (lease!.Shard, lease.RenewEvery));
            await lease.RenewAsync(Stop);
            await lease.CompleteAsync(Stop);
        }
        Assert.Null(await list.TakeAsync(Stop));
        Assert.Null(await list.TakeAsync(Stop));
    }

    [Fact]
    public async Task A_shard_given_back_comes_again_after_its_delay_and_the_others_do_not_wait_for_it()
    {
        await using var list = new ShardList([0, 1], time);
        await (await list.TakeAsync(Stop))!.ReturnAsync(TimeSpan.FromSeconds(5), Stop);
        Assert.Equal(1, (await list.TakeAsync(Stop))!.Shard);

        var again = list.TakeAsync(Stop);
        time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(again.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(0, (await again)!.Shard);
        Assert.Null(await list.TakeAsync(Stop));
    }

    [Fact]
    public async Task A_shard_given_back_without_delay_comes_last()
    {
        await using var list = new ShardList([0, 1], time);
        await (await list.TakeAsync(Stop))!.ReturnAsync(TimeSpan.Zero, Stop);
        Assert.Equal(1, (await list.TakeAsync(Stop))!.Shard);
        Assert.Equal(0, (await list.TakeAsync(Stop))!.Shard);
    }

    [Fact]
    public async Task A_lease_ends_once()
    {
        await using var list = new ShardList([0], time);
        var lease = (await list.TakeAsync(Stop))!;
        await lease.FailAsync("broken", Stop);
        await lease.ReturnAsync(TimeSpan.Zero, Stop);
        Assert.Null(await list.TakeAsync(Stop));
    }

    [Fact]
    public async Task Waiting_can_be_ended()
    {
        await using var list = new ShardList([0], time);
        await (await list.TakeAsync(Stop))!.ReturnAsync(TimeSpan.FromDays(100_000), Stop);
        using var stop = new CancellationTokenSource();
        var waiting = list.TakeAsync(stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }
}
