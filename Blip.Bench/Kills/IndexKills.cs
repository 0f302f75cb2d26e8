using Blip.Runtime.Retrieval;

namespace Blip.Bench.Kills;

/// <summary><c>index</c>.</summary>
internal sealed class IndexKills : KillCase
{
    private const int Count = 600;

    private HashSet<string> finished = [];

    public IndexKills(string folder)
        : base(folder) => CopySamples(At("images"), Count);

    /// <inheritdoc/>
    public override string Name => "index";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Arguments => ["index", At("images"), "--device", "cpu", "--index", At("images.index")];

    /// <inheritdoc/>
    public override int Check(bool ended)
    {
        var now = new HashSet<string>();
        if (File.Exists(At("images.index")))
        {
            using var index = EmbeddingIndex.OpenRead(At("images.index"));
            now = [.. index.Entries().Select(entry => entry.Id)];
            if (now.Count != index.Count)
                throw new LossException("an entry is there twice");
        }
        Expect(finished, now);
        finished = now;
        if (ended && now.Count != Count)
            throw new LossException($"the run has ended with {now.Count} of {Count} entries");
        return now.Count;
    }

    /// <inheritdoc/>
    public override void Reset()
    {
        finished = [];
        foreach (var file in Directory.GetFiles(Folder, "images.index*"))
            File.Delete(file);
    }
}
