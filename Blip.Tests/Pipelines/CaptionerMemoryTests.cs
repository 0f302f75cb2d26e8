using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;

namespace Blip.Tests.Pipelines;

[Collection(nameof(AloneCollection))]
public class CaptionerMemoryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Memory_stands_still_over_many_captions()
    {
        FullRun.Only();
        const int Captions = 150, MostBytesPerCaption = 1024;
        using var captioner = Captioner.Load(Demo.Model, new CaptionerOptions { Device = "cpu", BatchSize = 3 });
        await CaptionAll(captioner, 30);
        var (bytes, buffers) = captioner.DeviceMemory;
        var growth = new List<long>();
        for (var round = 0; round < 4; round++)
        {
            var managed = GC.GetTotalMemory(forceFullCollection: true);
            await CaptionAll(captioner, Captions);
            growth.Add(GC.GetTotalMemory(forceFullCollection: true) - managed);
        }
        Assert.Equal((bytes, buffers), captioner.DeviceMemory);
        // Pools of the runtime grow at times, and to a bound; a leak grows every time.
        Assert.InRange(growth.Min(), long.MinValue, Captions * MostBytesPerCaption);
    }

    private static async Task CaptionAll(Captioner captioner, int count)
    {
        var sources = Enumerable.Range(0, count).Select(i => (ImageSource)Demo.Paths[i % Demo.Paths.Length]);
        Assert.Equal(count, await captioner.CaptionAllAsync(sources, cancellationToken: Token)
            .CountAsync(result => result.Succeeded, Token));
    }
}
