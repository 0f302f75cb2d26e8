using System.IO.Hashing;
using System.Text.Json;
using Blip.Bootstrapping.Tables;

namespace Blip.Bootstrapping.Engine;

/// <summary>
/// <c>NNNNN.done.json</c>: a shard is done, with its results. It holds nothing that depends on the machine or the time, so that equal
/// runs write
/// equal files.
/// </summary>
internal sealed record DoneFile
{
    /// <summary>The shard's name in the output.</summary>
    public required string Shard { get; init; }

    /// <summary>The source.</summary>
    public required string Source { get; init; }

    /// <summary>The run, as <see cref="ManifestFile.Fingerprint"/> has it.</summary>
    public required string Manifest { get; init; }

    /// <summary>Samples of the source.</summary>
    public int Images { get; init; }

    /// <summary>Samples that failed.</summary>
    public int Failed { get; init; }

    /// <summary>Samples with a text that is kept.</summary>
    public int ImagesKept { get; init; }

    /// <summary>Candidate texts, and those kept, by their origin.</summary>
    public required SortedDictionary<string, TextCount> Texts { get; init; }

    /// <summary>Texts by the reason why they are kept or not.</summary>
    public required SortedDictionary<string, int> Reasons { get; init; }

    /// <summary>The files of the shard with their sizes and digests; a folder has neither.</summary>
    public required SortedDictionary<string, FileDigest?> Files { get; init; }

    /// <summary>Counts the rows of a shard.</summary>
    public static DoneFile Of(string shard, string source, string manifest, IReadOnlyList<IReadOnlyList<Candidate>> samples)
    {
        var rows = samples.SelectMany(sample => sample).ToList();
        return new DoneFile
        {
            Shard = shard,
            Source = source,
            Manifest = manifest,
            Images = samples.Count,
            Failed = samples.Count(sample => sample[0].Error is not null),
            ImagesKept = samples.Count(sample => sample.Any(row => row.Kept)),
            Texts = new(rows.Where(row => row.Source is not null).GroupBy(row => TextOrigins.Name(row.Source!.Value))
                .ToDictionary(
                    group => group.Key, group => new TextCount(group.Count(), group.Count(row => row.Kept))), StringComparer.Ordinal),
            Reasons = new(rows.GroupBy(row => row.Reason).ToDictionary(group => group.Key, group => group.Count()), StringComparer.Ordinal),
            Files = new(StringComparer.Ordinal),
        };
    }

    /// <summary>The file's bytes.</summary>
    public byte[] ToBytes() => [.. JsonSerializer.SerializeToUtf8Bytes(this, ManifestForms.Readable.DoneFile), (byte)'\n'];

    /// <summary>Reads the file of a shard; null where there is none, or none that can be read.</summary>
    public static DoneFile? TryRead(string path)
    {
        try
        {
            return File.Exists(path) ? Read(path) : null;
        }
        catch (BootstrapException)
        {
            return null;
        }
    }

    /// <summary>Reads the file of a shard.</summary>
    /// <exception cref="BootstrapException">It cannot be read.</exception>
    public static DoneFile Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), ManifestForms.Default.DoneFile)
                ?? throw new BootstrapException($"{path}: the file holds null; delete it to have the shard done again.");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new BootstrapException($"{path}: the file cannot be read: {e.Message} Delete it to have the shard done again.", e);
        }
    }
}

/// <summary>Texts of one origin.</summary>
/// <param name="Candidates">All of them.</param>
/// <param name="Kept">Those in the new data set.</param>
internal sealed record TextCount(int Candidates, int Kept);

/// <summary>The identity of a file.</summary>
/// <param name="Bytes">Its size.</param>
/// <param name="Xxh128">Its XxHash128 in hexadecimal digits.</param>
internal sealed record FileDigest(long Bytes, string Xxh128)
{
    /// <summary>A file's identity.</summary>
    public static async Task<FileDigest> OfAsync(string path, CancellationToken cancellationToken)
    {
        var hash = new XxHash128();
        await using var file = new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan | FileOptions.Asynchronous);
        await hash.AppendAsync(file, cancellationToken).ConfigureAwait(false);
        return new FileDigest(file.Length, Convert.ToHexStringLower(hash.GetCurrentHash()));
    }
}

/// <summary><c>NNNNN.error.json</c>: why a shard was given up.</summary>
/// <param name="Shard">The shard's name in the output.</param>
/// <param name="Source">The source.</param>
/// <param name="Error">The reason, for people.</param>
internal sealed record ErrorFile(string Shard, string Source, string Error);

/// <summary><c>workers/HOST-PID.json</c>: a process's current work. It is written anew every few seconds.</summary>
internal sealed record WorkerFile
{
    /// <summary>The machine.</summary>
    public required string Host { get; init; }

    /// <summary>The process.</summary>
    public required int Process { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When this was written.</summary>
    public required DateTimeOffset Updated { get; init; }

    /// <summary>The images that it has worked on.</summary>
    public long Images { get; init; }

    /// <summary>The shard under way; null for none.</summary>
    public int? Shard { get; init; }

    /// <summary>The finished images of that shard.</summary>
    public int ShardImages { get; init; }

    /// <summary>Images a second over the last minute or so.</summary>
    public double Rate { get; init; }
}
