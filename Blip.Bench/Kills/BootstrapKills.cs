using System.IO.Hashing;

namespace Blip.Bench.Kills;

/// <summary><c>bootstrap run</c>: finished shards keep every byte.</summary>
internal sealed class BootstrapKills(string folder) : KillCase(folder)
{
    private const string Done = ".done.json";
    private const int Shards = 12;

    private HashSet<string> finished = [];

    /// <inheritdoc/>
    public override string Name => "bootstrap";

    /// <inheritdoc/>
    public override IEnumerable<IReadOnlyList<string>> Preparations =>
        [["bootstrap", "demo", At("web"), "--images", "120", "--shard-size", "10"]];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Arguments => ["bootstrap", "run", At("web"), "--output", At("clean"), "--device", "cpu"];

    /// <inheritdoc/>
    public override int Check(bool ended)
    {
        var done = Directory.Exists(At("clean")) ? Directory.GetFiles(At("clean"), $"*{Done}", SearchOption.AllDirectories) : [];
        var now = done.Select(Path.GetFileName)
            .SelectMany(name => Directory.GetFiles(At("clean"), $"{name![..^Done.Length]}.*", SearchOption.AllDirectories))
            .Where(file => !file.EndsWith(".tmp", StringComparison.Ordinal) && !file.Contains("journal", StringComparison.Ordinal))
            .Select(file => $"{file}: {Convert.ToHexStringLower(XxHash128.Hash(File.ReadAllBytes(file)))}").ToHashSet();
        Expect(finished, now);
        finished = now;
        if (ended && done.Length != Shards)
            throw new LossException($"the run has ended with {done.Length} of {Shards} shards");
        return done.Length;
    }

    /// <inheritdoc/>
    public override void Reset()
    {
        finished = [];
        Directory.Delete(At("clean"), recursive: true);
    }
}
