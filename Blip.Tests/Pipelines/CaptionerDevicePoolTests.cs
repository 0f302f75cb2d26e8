using System.Collections.Concurrent;
using Blip.Kernels.Devices;
using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;

namespace Blip.Tests.Pipelines;

/// <summary>One captioner on several devices: here several times the same processor, which is all that a device is to a pool.</summary>
public class CaptionerDevicePoolTests
{
    private static readonly CaptionerOptions Three = new() { Device = "cpu,cpu,cpu", Threads = 1, BatchSize = 2 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Results_come_in_order_and_are_those_of_one_device()
    {
        using var pool = Captioner.Load(Demo.Model, Three);
        Assert.Equal(["cpu", "cpu", "cpu"], pool.Devices.Select(device => device.Id));
        var sources = Demo.Paths.Concat(Demo.Paths).Append("no such image.png").Select(path => (ImageSource)path).ToList();
        var results = await pool.CaptionAllAsync(sources, Long(pool), Token).ToListAsync(Token);
        Assert.Equal(sources, results.Select(result => result.Source));
        var expected = Demo.Answers("greedy").Select(answer => answer.Caption).ToList();
        Assert.Equal([.. expected, .. expected], results.SkipLast(1).Select(result => result.Caption!.Text));
        Assert.Contains("no such image.png", results[^1].Error, StringComparison.Ordinal);
        // Single images go around; each device gives the same words.
        foreach (var _ in pool.Devices)
            Assert.Equal(expected[0], pool.Caption(Demo.Paths[0], Long(pool), Token).Text);
    }

    [Fact]
    public async Task A_device_that_fails_is_told_of_and_loses_no_image()
    {
        using var pool = Captioner.Load(Demo.Model, Three);
        // A captioner that is disposed fails as one does whose device is gone.
        pool.DevicePool[1].Dispose();
        var results = await pool.CaptionAllAsync(Demo.Paths.Select(path => (ImageSource)path), Long(pool), Token).ToListAsync(Token);
        Assert.Equal(Demo.Answers("greedy").Select(answer => answer.Caption), results.Select(result => result.Caption!.Text));
        Assert.Contains("cpu", Assert.Single(pool.Notices), StringComparison.Ordinal);
        // It is asked no more.
        Assert.Equal(results.Count, await pool.CaptionAllAsync(Demo.Paths.Select(path => (ImageSource)path), Long(pool), Token)
            .CountAsync(Token));
        Assert.Single(pool.Notices);
    }

    [Fact]
    public async Task Where_every_device_fails_the_reason_comes_out()
    {
        using var pool = Captioner.Load(Demo.Model, Three);
        foreach (var member in pool.DevicePool.Skip(1).Append(pool))
            member.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await pool.CaptionAllAsync(Demo.Paths.Select(path => (ImageSource)path), null, Token).ToListAsync(Token));
    }

    /// <summary>A task that fails when its reader has left would be reported when it is collected.</summary>
    [Fact]
    public async Task Batches_that_end_after_their_reader_are_no_unobserved_failures()
    {
        const string Marker = "the device heard of it";
        var unobserved = 0;
        void Count(object? _, UnobservedTaskExceptionEventArgs e) =>
            unobserved += e.Exception.InnerExceptions.Count(inner => inner.Message == Marker);
        TaskScheduler.UnobservedTaskException += Count;
        try
        {
            for (var run = 0; run < 20; run++)
                await RunCancelled(Marker);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Count;
        }
        Assert.Equal(0, unobserved);
    }

    private static async Task RunCancelled(string marker)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var members = Enumerable.Range(0, 3).Select(i => new DevicePoolMember<int, int, int>(i, batch =>
        {
            if (batch < 3)
                return batch;
            stop.Cancel();
            Thread.Sleep(5);
            throw new OperationCanceledException(marker);
        })).ToList();
        var pool = new DevicePool<int, int, int>(members, (_, _) => { });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await pool.RunAsync(AsyncEnumerable.Range(0, 100), stop.Token).CountAsync(Token));
    }

    [Fact]
    public async Task A_reader_that_leaves_and_one_that_cancels_end_the_work()
    {
        using var pool = Captioner.Load(Demo.Model, Three);
        var endless = Enumerable.Range(0, int.MaxValue).Select(i => (ImageSource)Demo.Paths[i % Demo.Paths.Length]);
        Assert.Equal(3, await pool.CaptionAllAsync(endless, null, Token).Take(3).CountAsync(Token));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var seen = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in pool.CaptionAllAsync(endless, null, stop.Token))
            {
                if (++seen == 5)
                    await stop.CancelAsync();
            }
        });
        Assert.Empty(pool.Notices);
        Assert.True(pool.Caption(Demo.Paths[0], null, Token).Text!.Length > 0);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_queue_is_shared_and_held_back()
    {
        // The first device finishes a batch for each that the second one takes: the second does at least half, and none runs far ahead of
        // the reader.
        using var gate = new SemaphoreSlim(0);
        var taken = new int[2];
        var given = 0;
        async IAsyncEnumerable<int> Numbers()
        {
            for (var i = 0; i < 20; i++)
            {
                given++;
                yield return i;
                await Task.Yield();
            }
            gate.Release(20);
        }
        DevicePoolMember<int, int, int>[] members =
        [
            new(0, batch => { gate.Wait(TestContext.Current.CancellationToken); taken[0]++; return batch; }),
            new(1, batch => { taken[1]++; gate.Release(); return batch; }),
        ];
        var results = new List<int>();
        await foreach (var result in new DevicePool<int, int,
            int>(members, (_, e) => throw e).RunAsync(Numbers(), TestContext.Current.CancellationToken))
        {
            results.Add(result);
            Assert.InRange(given, results.Count, results.Count + 6);
        }
        Assert.Equal(Enumerable.Range(0, 20), results);
        Assert.Equal(20, taken.Sum());
        // The batch in the queue at its end may be the first one's.
        Assert.InRange(taken[1], 7, 20);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_batch_is_prepared_while_the_one_before_it_runs_and_goes_to_whoever_is_free_first()
    {
        // The first device ends its batch when the second one has done all others: its prepared batch is taken from it.
        const int Batches = 5;
        using var prepared = new ManualResetEventSlim();
        using var done = new ManualResetEventSlim();
        var (discarded, taken) = (new ConcurrentBag<(int Number, int Device)>(), new int[2]);
        DevicePoolMember<int, (int Number, int Device), int> Member(int device) => new(device, batch =>
        {
            Assert.Contains(batch.Device, (int[])[-1, device]);
            prepared.Wait(TestContext.Current.CancellationToken);
            if (device == 0)
                done.Wait(TestContext.Current.CancellationToken);
            if (++taken[device] == Batches - 1)
                done.Set();
            return batch.Number;
        })
        {
            Prepare = batch =>
            {
                if (device == 0)
                    prepared.Set();
                return (batch.Number, device);
            },
            Discard = discarded.Add,
        };
        var numbers = Enumerable.Range(0, Batches).Select(number => (number, -1)).ToAsyncEnumerable();
        var results = await new DevicePool<int, (int, int),
            int>([Member(0), Member(1)], (_, e) => throw e).RunAsync(numbers, TestContext.Current.CancellationToken).ToListAsync(Token);
        Assert.Equal(Enumerable.Range(0, Batches), results);
        Assert.Equal([1, Batches - 1], taken);
        Assert.Contains(discarded, batch => batch.Device == 0);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_failed_device_prepared_and_what_cannot_be_prepared_run_as_they_are()
    {
        using var prepared = new ManualResetEventSlim();
        using var gone = new ManualResetEventSlim();
        var (run, failed) = (new ConcurrentQueue<int>(), new List<int>());
        DevicePoolMember<int, int, int>[] members =
        [
            new(0, _ =>
            {
                prepared.Wait(TestContext.Current.CancellationToken);
                throw new InvalidOperationException("gone");
            })
            {
                Prepare = batch =>
                {
                    prepared.Set();
                    return batch + 100;
                },
            },
            new(1, batch =>
            {
                gone.Wait(TestContext.Current.CancellationToken);
                run.Enqueue(batch);
                return batch;
            })
            {
                Prepare = _ => throw new InvalidOperationException("no memory"),
            },
        ];
        var pool = new DevicePool<int, int, int>(members, (device, _) =>
        {
            failed.Add(device);
            gone.Set();
        });
        Assert.Equal(Enumerable.Range(0, 12),
            await pool.RunAsync(Enumerable.Range(0, 12).ToAsyncEnumerable(), TestContext.Current.CancellationToken).ToListAsync(Token));
        Assert.Equal([0], failed);
        Assert.Equal(Enumerable.Range(0, 12), run.Order());
    }

    [Theory]
    [InlineData("cpu", "cpu")]
    [InlineData("cpu, CPU", "cpu cpu")]
    [InlineData("cpu:all", "cpu")]
    [InlineData("auto", "auto")]
    public void Names_of_several_devices_are_taken_apart(string names, string expected) =>
        Assert.Equal(expected.Split(' '), Device.Expand(names));

    [Fact]
    public async Task Names_that_mean_nothing_are_refused()
    {
        Assert.Contains("empty name", Assert.Throws<ArgumentException>(() => Device.Expand("cpu,,cpu")).Message, StringComparison.Ordinal);
        Assert.Contains("cuda:all", Assert.Throws<ArgumentException>(() => Device.Expand("gpu:all")).Message, StringComparison.Ordinal);
        Assert.Contains("one is needed", Assert.Throws<ArgumentException>(() => Device.Open("cpu,cpu")).Message, StringComparison.Ordinal);
        Assert.Contains("'cuda:99'", Assert.Throws<DeviceException>(
            () => Captioner.Load(Demo.Model, new CaptionerOptions { Device = "cpu,cuda:99" })).Message, StringComparison.Ordinal);
        (await CliRun.Of("caption", Demo.Paths[0], "--device", "cpu,cpu", "--profile")).Refused("--profile", "one device");
        Assert.Equal(Demo.Answers("greedy")[0].Caption,
            (await CliRun.Of("caption", Demo.Paths[0], "--device", "cpu,cpu", "--max-length", "32")).Succeeded().Trim());
    }

    private static CaptionOptions Long(Captioner captioner) => new() { Generation = captioner.Defaults with { MaxLength = 32 } };
}
