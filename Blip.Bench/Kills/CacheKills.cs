using Blip.Bench.Reporting;

namespace Blip.Bench.Kills;

/// <summary><c>caption --cache</c>: a cache is whole or absent, and the next writer removes a killed one's remains.</summary>
internal sealed class CacheKills(string folder) : KillCase(folder)
{
    private readonly string cache = Directory.CreateDirectory(Path.Combine(folder, "cache")).FullName;

    /// <inheritdoc/>
    public override string Name => "cache";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Arguments =>
        ["caption", Checkout.Path("weights/samples/00.png", "a sample"), "--device", "cpu", "--cache", cache];

    /// <inheritdoc/>
    public override int Check(bool ended)
    {
        var files = Directory.GetFiles(cache);
        var whole = files.Count(file => file.EndsWith(".blip-cache", StringComparison.Ordinal));
        if (files.Length - whole > (ended ? 0 : 1))
            throw new LossException($"{files.Length - whole} unfinished files are there");
        if (ended && whole != 1)
            throw new LossException($"the run has ended with {whole} caches");
        // Deleted, so that every kill can hit a writer.
        foreach (var file in files.Where(file => file.EndsWith(".blip-cache", StringComparison.Ordinal)))
            File.Delete(file);
        return whole;
    }

    /// <inheritdoc/>
    public override void Reset()
    {
    }
}
