using Blip.Runtime.Pipelines;

namespace Blip.Tests.Pipelines;

public class ReadaheadThreadsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public async Task Results_come_in_order_and_no_more_threads_work_than_were_asked_for(int threads)
    {
        var (working, most) = (0, 0);
        var results = await Numbers(100).SelectAheadAsync(Work, ahead: 10, Token, threads).ToListAsync(Token);

        Assert.Equal(Enumerable.Range(0, 100).Select(i => i * i), results);
        Assert.InRange(most, 1, threads);

        int Work(int number)
        {
            var now = Interlocked.Increment(ref working);
            InterlockedMax(ref most, now);
            Thread.Sleep(number % 3);
            Interlocked.Decrement(ref working);
            return number * number;
        }
    }

    [Fact]
    public async Task The_source_is_held_back_by_whoever_takes_the_results()
    {
        var taken = 0;
        await foreach (var number in Counted().SelectAheadAsync(number => number, ahead: 4, Token, threads: 2))
        {
            await Task.Delay(1, Token);
            // The waiting ones, the current one, and one that waits for a place.
            Assert.InRange(Volatile.Read(ref taken), 1, number + 4 + 3);
        }

        async IAsyncEnumerable<int> Counted()
        {
            for (var i = 0; i < 50; i++)
            {
                Interlocked.Increment(ref taken);
                yield return i;
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task An_exception_of_the_work_or_of_the_source_reaches_the_taker_in_its_place()
    {
        var results = new List<int>();
        await Assert.ThrowsAsync<FormatException>(async () =>
        {
            await foreach (var number in Numbers(50).SelectAheadAsync(
                number => number == 20 ? throw new FormatException() : number, ahead: 8, Token, threads: 3))
                results.Add(number);
        });
        Assert.Equal(Enumerable.Range(0, 20), results);

        await Assert.ThrowsAsync<InvalidDataException>(
            async () => await Broken().SelectAheadAsync(number => number, ahead: 2, Token, threads: 2).ToListAsync(Token));

        static async IAsyncEnumerable<int> Broken()
        {
            yield return 1;
            await Task.Yield();
            throw new InvalidDataException();
        }
    }

    [Fact]
    public async Task Who_stops_early_leaves_no_work_behind()
    {
        var done = 0;
        var results = Numbers(1_000_000).SelectAheadAsync(_ => Interlocked.Increment(ref done), ahead: 4, Token, threads: 2);
        await foreach (var number in results)
        {
            if (number > 10)
                break;
        }
        // Work that has begun is not waited for.
        await Task.Delay(20, Token);
        var after = Volatile.Read(ref done);
        await Task.Delay(20, Token);

        Assert.InRange(after, 11, 40);
        Assert.Equal(after, Volatile.Read(ref done));
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
            Interlocked.CompareExchange(ref most, value, seen);
    }

    private static async IAsyncEnumerable<int> Numbers(int count)
    {
        for (var i = 0; i < count; i++)
        {
            yield return i;
            if (i % 7 == 0)
                await Task.Yield();
        }
    }
}
