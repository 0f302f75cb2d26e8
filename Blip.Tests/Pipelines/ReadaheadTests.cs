using Blip.Runtime.Pipelines;

namespace Blip.Tests.Pipelines;

public class ReadaheadTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Results_come_in_order_though_work_ends_out_of_order()
    {
        var results = await Numbers(50).SelectAheadAsync(i => { Thread.Sleep(i % 5); return i * 2; }, 8, Token).ToListAsync(Token);
        Assert.Equal(Enumerable.Range(0, 50).Select(i => i * 2), results);
    }

    [Fact]
    public async Task A_slow_taker_holds_the_source_back()
    {
        var given = 0;
        async IAsyncEnumerable<int> Source()
        {
            for (; ; await Task.Yield())
                yield return Interlocked.Increment(ref given);
        }
        await using (var results = Source().SelectAheadAsync(i => i, 3, Token).GetAsyncEnumerator(Token))
        {
            for (var i = 1; i <= 5; i++)
                Assert.True(await results.MoveNextAsync());
            await Task.Delay(100, Token);
            Assert.InRange(Volatile.Read(ref given), 5, 5 + 3 + 2);
        }
        var atEnd = Volatile.Read(ref given);
        await Task.Delay(50, Token);
        Assert.Equal(atEnd, Volatile.Read(ref given));
    }

    [Fact]
    public async Task The_sources_exception_comes_after_the_items_before_it()
    {
        async IAsyncEnumerable<int> Source()
        {
            yield return 1;
            await Task.Yield();
            throw new InvalidOperationException("dry");
        }
        await using var results = Source().SelectAheadAsync(i => i, 2, Token).GetAsyncEnumerator(Token);
        Assert.True(await results.MoveNextAsync());
        Assert.Equal("dry", (await Assert.ThrowsAsync<InvalidOperationException>(async () => await results.MoveNextAsync())).Message);
    }

    [Fact]
    public async Task Cancellation_ends_an_endless_source()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var taking = Task.Run(
            async () => await Numbers(int.MaxValue).SelectAheadAsync(i => i, 2, stop.Token).CountAsync(stop.Token), Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => taking.WaitAsync(Patience, Token));
    }

    [Fact]
    public async Task Cancellation_ends_the_wait_for_work_that_does_not_end()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var never = new ManualResetEventSlim();
        var taking = Task.Run(async () =>
            await Numbers(3).SelectAheadAsync(i => { never.Wait(Token); return i; }, 2, stop.Token).CountAsync(stop.Token), Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => taking.WaitAsync(Patience, Token));
        never.Set();
    }

    [Theory]
    [InlineData(0, 4, "")]
    [InlineData(4, 4, "4")]
    [InlineData(9, 4, "4 4 1")]
    public async Task Groups_are_full_but_the_last(int items, int size, string sizes)
    {
        var groups = await Numbers(items).InGroupsAsync(size, Token).ToListAsync(Token);
        Assert.Equal(sizes, string.Join(' ', groups.Select(group => group.Count)));
        Assert.Equal(Enumerable.Range(0, items), groups.SelectMany(group => group));
    }

    private static async IAsyncEnumerable<int> Numbers(int count)
    {
        for (var i = 0; i < count; i++)
        {
            yield return i;
            await Task.Yield();
        }
    }
}
