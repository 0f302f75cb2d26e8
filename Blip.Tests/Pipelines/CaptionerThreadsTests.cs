using System.Diagnostics;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;

namespace Blip.Tests.Pipelines;

/// <summary>Threads change the time and nothing else, also where there are more of them than cores.</summary>
[Collection(nameof(AloneCollection))]
public class CaptionerThreadsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Any_number_of_threads_gives_the_same_bits()
    {
        List<(string? Text, double Score)>? expected = null;
        foreach (var threads in new[] { 1, 2, 3, 4, 7, 0 })
        {
            using var captioner = Captioner.Load(Demo.Model, new CaptionerOptions { Device = "cpu", Threads = threads, BatchSize = 3 });
            Assert.Equal(threads == 0 ? Environment.ProcessorCount : threads, captioner.DeviceDescription.Units);
            var captions = Captions(captioner, 1).Concat(Captions(captioner, 3)).ToList();
            Assert.Equal(Demo.Answers("greedy").Select(answer => answer.Caption),
                captions.Take(Demo.Paths.Length).Select(caption => caption.Text));
            Assert.Equal(expected ??= captions, captions);
        }
    }

    [Fact]
    public void Two_captioners_share_the_cores()
    {
        FullRun.Only();
        const int Rounds = 8;
        using var one = Captioner.Load(Demo.Model, new CaptionerOptions { Device = "cpu" });
        using var other = Captioner.Load(Demo.Model, new CaptionerOptions { Device = "cpu" });
        var expected = Captions(one, 1);
        Assert.Equal(expected, Captions(other, 1));

        // The best of some tries: the machine may have other work.
        var ratio = double.PositiveInfinity;
        for (var attempt = 0; attempt < 5 && ratio > 2; attempt++)
        {
            var alone = Time(() => Many(one), () => Many(other), together: false);
            ratio = Math.Min(ratio, Time(() => Many(one), () => Many(other), together: true) / alone);
        }
        Assert.True(ratio <= 2, $"together they take {ratio:F1} times as long as one after the other");

        void Many(Captioner captioner)
        {
            for (var i = 0; i < Rounds; i++)
                Assert.Equal(expected, Captions(captioner, 1));
        }
    }

    private static double Time(Action first, Action second, bool together)
    {
        var start = Stopwatch.GetTimestamp();
        if (together)
        {
            var thread = Task.Factory.StartNew(second, Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            first();
            thread.Wait(Token);
        }
        else
        {
            first();
            second();
        }
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static List<(string? Text, double Score)> Captions(Captioner captioner, int beams)
    {
        var options = new CaptionOptions { Generation = captioner.Defaults with { MaxLength = 32, NumBeams = beams } };
        return [.. Demo.Paths.Select(path => captioner.Caption(path, options, Token)).Select(caption => (caption.Text, caption.Score))];
    }
}
