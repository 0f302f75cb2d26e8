using Blip.Kernels;
using Blip.Runtime.Retrieval;
using Blip.Verification.References;

namespace Blip.Tests.Retrieval;

/// <summary>Entries and vectors for tests of the index.</summary>
internal static class MadeEntries
{
    public const int Dimension = 8;

    public static readonly IndexModel Model = new("a test's model", new byte[IndexModel.FingerprintLength]);

    /// <summary>A vector of length one.</summary>
    public static float[] Vector(int seed, int dimension = Dimension)
    {
        var random = new Random(seed);
        var values = Enumerable.Range(0, dimension).Select(_ => random.NextDouble() - 0.5).ToArray();
        var norm = Math.Sqrt(values.Sum(value => value * value));
        return [.. values.Select(value => (float)(value / norm))];
    }

    /// <summary>Adds entries of these names; an entry's vector is its seed's.</summary>
    public static void Add(EmbeddingIndex index, params (string Id, int Seed)[] entries) =>
        index.Add([.. entries.Select(entry => new IndexEntry(entry.Id, entry.Seed, 7L * entry.Seed))],
            [.. entries.SelectMany(entry => Vector(entry.Seed))]);

    /// <summary>Everything that an index holds, checksums of vectors included.</summary>
    public static List<string> Contents(EmbeddingIndex index) =>
        [.. index.Entries().Select(entry =>
            $"{entry.Id} {entry.Length} {entry.Modified} "
                + string.Join(',', index.Vector(entry.Id)!.Select(BitConverter.SingleToInt32Bits)))];

    /// <summary>Copies an index's files to another folder, and returns the copy's path.</summary>
    public static string Copy(string path, string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(path)!, Path.GetFileName(path) + "*"))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        return Path.Combine(folder, Path.GetFileName(path));
    }

    /// <summary>Brute force in double over a model of the index.</summary>
    public static List<(string Id, double Score)> Search(IReadOnlyList<(string Id, int Seed)> entries, float[] query, int k) =>
        [.. VectorSearchReference.Run([.. entries.SelectMany(entry => Vector(entry.Seed))], [], entries.Count, Dimension, query, k)
            .Select(hit => (entries[hit.Position].Id, hit.Score))];
}
