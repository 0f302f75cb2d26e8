using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;

namespace Blip.Tests.Pipelines;

[Collection(nameof(AloneCollection))]
public class CaptionerMemoryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task MemoryStandsStillOverManyCaptions()
    {
        using var captioner = Captioner.Load(Demo.Model, new CaptionerOptions { Device = "cpu", BatchSize = 3 });
        await CaptionAll(captioner, 30);
        var (bytes, buffers) = captioner.DeviceMemory;
        var managed = GC.GetTotalMemory(forceFullCollection: true);
        await CaptionAll(captioner, 300);
        Assert.Equal((bytes, buffers), captioner.DeviceMemory);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - managed, long.MinValue, 2 << 20);
    }

    private static async Task CaptionAll(Captioner captioner, int count)
    {
        var sources = Enumerable.Range(0, count).Select(i => (ImageSource)Demo.Paths[i % Demo.Paths.Length]);
        Assert.Equal(count, await captioner.CaptionAllAsync(sources, cancellationToken: Token).CountAsync(result => result.Succeeded, Token));
    }
}
