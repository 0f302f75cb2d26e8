using System.Diagnostics;
using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;

namespace Blip.Tests.Pipelines;

/// <summary>Many calls about single images at once: each has the result that it has alone, and none holds up another.</summary>
[Collection(nameof(AloneCollection))]
public class CaptionCallsTests
{
    private static readonly CaptionOptions[] Ways =
    [
        new(),
        new() { Prompt = "a small" },
        new() { Generation = new GenerationOptions { DoSample = true, Seed = 3, MaxLength = 30 } },
        new() { Generation = new GenerationOptions { NumBeams = 3, MaxLength = 30 } },
        new() { Generation = new GenerationOptions { NumBeams = 3, MaxLength = 30 }, Prompt = "a large" },
        new() { Attention = true },
        new() { Generation = new GenerationOptions { MaxNewTokens = 4 } },
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public async Task Calls_that_come_together_have_the_captions_that_they_have_alone(string device)
    {
        Devices.Open(device).Dispose();
        using var captioner = Captioner.Load(Demo.Model, new CaptionerOptions { Device = device, BatchSize = 5 });
        var calls = Ways.SelectMany(way => Demo.Paths.Take(6).Select(path => (Path: path, Way: way))).ToArray();
        var alone = calls.Select(call => captioner.Caption(call.Path, call.Way, Token)).ToArray();
        var order = Enumerable.Range(0, calls.Length).ToArray();
        new Random(4).Shuffle(order);
        var together = await Task.WhenAll(order.Select(async i =>
        {
            await Task.Delay(i % 7 * 10, Token);
            return (i, await captioner.CaptionAsync(calls[i].Path, calls[i].Way, Token));
        }));
        foreach (var (i, caption) in together)
        {
            Assert.Equal((alone[i].Text, alone[i].Score), (caption.Text, caption.Score));
            Assert.Equal(alone[i].Tokens, caption.Tokens);
            Assert.Equal(alone[i].Alternatives.Select(other => other.Score), caption.Alternatives.Select(other => other.Score));
            Assert.Equal(alone[i].Attention.SelectMany(word => word.Values), caption.Attention.SelectMany(word => word.Values));
        }
    }

    [Fact]
    public async Task A_stream_among_other_calls_has_its_words()
    {
        using var captioner = Load(3);
        var words = Demo.Paths.Select(
            async path => string.Concat(await captioner.StreamAsync(path, cancellationToken: Token).ToListAsync(Token)));
        Assert.Equal(Demo.Answers("greedy").Select(answer => answer.Caption), await Task.WhenAll(words));
    }

    [Fact]
    public async Task A_call_that_is_cancelled_ends_at_once_and_the_others_go_on()
    {
        using var captioner = Load(4);
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var calls = Demo.Paths.Select((path, i) => captioner.CaptionAsync(path, null, i % 3 == 1 ? cancelled.Token : Token)).ToList();
        await cancelled.CancelAsync();
        foreach (var (i, call) in calls.Index())
        {
            if (i % 3 == 1)
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
            else
                Assert.Equal(Demo.Answers("greedy")[i].Caption, (await call).Text);
        }
        Assert.Equal(Demo.Answers("greedy")[0].Caption, (await captioner.CaptionAsync(Demo.Paths[0], null, Token)).Text);
    }

    [Fact]
    public async Task What_is_wrong_with_one_image_is_its_own_exception()
    {
        using var captioner = Load(4);
        var bad = captioner.CaptionAsync(ImageSource.FromBytes(new byte[100], "noise"), null, Token);
        var good = Demo.Paths.Select(path => captioner.CaptionAsync(path, null, Token)).ToList();
        Assert.Contains("noise", (await Assert.ThrowsAsync<ImageException>(() => bad)).Message, StringComparison.Ordinal);
        Assert.Equal(Demo.Answers("greedy").Select(answer => answer.Caption), (await Task.WhenAll(good)).Select(caption => caption.Text));
    }

    [Fact]
    public async Task More_calls_than_may_wait_are_refused()
    {
        using var captioner = Captioner.Load(Demo.Model, new CaptionerOptions { Device = "cpu", MaxQueuedCalls = 3 });
        var calls = Enumerable.Range(0, 40).Select(_ => captioner.CaptionAsync(Demo.Paths[0], null, Token)).ToList();
        var said = 0;
        foreach (var call in calls)
        {
            try
            {
                Assert.Equal(Demo.Answers("greedy")[0].Caption, (await call).Text);
                said++;
            }
            catch (PipelineBusyException e)
            {
                Assert.Contains("MaxQueuedCalls", e.Message, StringComparison.Ordinal);
            }
        }
        Assert.InRange(said, 3, 39);
        Assert.Equal(Demo.Answers("greedy")[0].Caption, (await captioner.CaptionAsync(Demo.Paths[0], null, Token)).Text);
    }

    [Fact]
    public async Task Calls_in_hand_when_the_captioner_is_disposed_end()
    {
        var captioner = Load(2);
        var calls = Enumerable.Range(0, 30).Select(i => captioner.CaptionAsync(Demo.Paths[i % Demo.Paths.Length], null, Token)).ToList();
        await calls[0];
        captioner.Dispose();
        foreach (var (i, call) in calls.Index())
        {
            try
            {
                Assert.Equal(Demo.Answers("greedy")[i % Demo.Paths.Length].Caption,
                    (await call.WaitAsync(TimeSpan.FromSeconds(60), Token)).Text);
            }
            catch (ObjectDisposedException)
            {
                // It was too late.
            }
        }
    }

    [Fact]
    public async Task A_batch_of_another_caller_comes_in_between()
    {
        using var captioner = Load(2);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var callers = Enumerable.Range(0, 6).Select(async _ =>
        {
            while (!stop.IsCancellationRequested)
                await captioner.CaptionAsync(Demo.Paths[0], null, Token);
        }).ToList();
        var all = await captioner.CaptionAllAsync(Demo.Paths.Select(path => ImageSource.FromFile(path)), null, Token).ToListAsync(Token)
            .AsTask().WaitAsync(TimeSpan.FromSeconds(60), Token);
        await stop.CancelAsync();
        await Task.WhenAll(callers);
        Assert.Equal(Demo.Answers("greedy").Select(answer => answer.Caption), all.Select(result => result.Caption!.Text));
    }

    [Fact]
    public async Task No_thread_of_the_pool_waits_for_the_device()
    {
        using var captioner = Load(4);
        await captioner.CaptionAsync(Demo.Paths[0], null, Token);
        var calls = Task.WhenAll(Enumerable.Range(0, 300)
            .Select(i => captioner.CaptionAsync(Demo.Paths[i % Demo.Paths.Length], null, Token)));
        var slowest = TimeSpan.Zero;
        while (!calls.IsCompleted)
        {
            var start = Stopwatch.GetTimestamp();
            await Task.Run(() => { }, Token);
            slowest = Stopwatch.GetElapsedTime(start) is var took && took > slowest ? took : slowest;
            await Task.Delay(5, Token);
        }
        await calls;
        Assert.True(slowest < TimeSpan.FromSeconds(1), $"other work waited for {slowest.TotalSeconds:F1} s");
    }

    [Fact]
    public async Task Sixty_four_calls_cost_about_what_one_batch_costs()
    {
        FullRun.Only();
        using var captioner = Captioner.Load(Demo.Model, new CaptionerOptions { Device = "cpu" });
        var paths = Enumerable.Range(0, 64).Select(i => Demo.Paths[i % Demo.Paths.Length]).ToArray();
        await Together();
        await Batch();
        var ratios = new List<double>();
        for (var attempt = 0; attempt < 7 && !(ratios.Count > 0 && ratios.Min() < 1.15); attempt++)
            ratios.Add(await Cost(Together) / await Cost(Batch));
        Assert.True(ratios.Min() < 1.3,
            $"calls take {string.Join(", ", ratios.Select(ratio => ratio.ToString("F2")))} times the processor of a batch");

        async Task Together() => await Task.WhenAll(paths.Select(path => captioner.CaptionAsync(path, null, Token)));

        async Task Batch() =>
            await captioner.CaptionAllAsync(paths.Select(path => ImageSource.FromFile(path)), null, Token).ToListAsync(Token);

        static async Task<double> Cost(Func<Task> work)
        {
            var before = Environment.CpuUsage.TotalTime;
            await work();
            return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        }
    }

    private static Captioner Load(int batch) => Captioner.Load(Demo.Model, new CaptionerOptions { Device = "cpu", BatchSize = batch });
}
