using System.IO.Hashing;
using System.Text.Json;
using Blip.Bootstrapping.Tables;
using Blip.Runtime.Files;

namespace Blip.Bootstrapping.Engine;

/// <summary>
/// <c>NNNNN.done.json</c>: the results of a finished shard. It is independent of machine and time, so that equal runs write equal files.
/// </summary>
internal sealed record DoneFile
{
    /// <summary>The shard's name in the output.</summary>
    public required string Shard { get; init; }

    public required string Source { get; init; }

    /// <summary>The run's <see cref="ManifestFile.Fingerprint"/>.</summary>
    public required string Manifest { get; init; }

    public int Images { get; init; }

    public int Failed { get; init; }

    public int ImagesKept { get; init; }

    public required SortedDictionary<string, TextCount> Texts { get; init; }

    public required SortedDictionary<string, int> Reasons { get; init; }

    /// <summary>The shard's files with digests; null for a folder.</summary>
    public required SortedDictionary<string, FileDigest?> Files { get; init; }

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

    /// <summary>Which of its files is missing or has another length than it was written with; null for none. Bytes are not read.</summary>
    public string? Flaw(string folder)
    {
        foreach (var (name, digest) in Files)
        {
            var file = new FileInfo(Path.Combine(folder, name));
            // A folder has no digest.
            if (digest is null || (file.Exists && file.Length == digest.Bytes))
                continue;
            var found = file.Exists ? $"has {file.Length} bytes, {digest.Bytes} were written" : "is missing";
            return $"{name} {found}: delete {Shard}.done.json to have the shard done again";
        }
        return null;
    }

    public byte[] ToBytes() => [.. JsonSerializer.SerializeToUtf8Bytes(this, ManifestForms.Readable.DoneFile), (byte)'\n'];

    /// <summary>Reads a shard's file; null if missing or unreadable.</summary>
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

    public static DoneFile Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), ManifestForms.Default.DoneFile)
                ?? throw new BootstrapException($"{path}: the file holds null; delete it to have the shard done again.");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new BootstrapException(
                $"{path}: the file cannot be read: {FailureReason.Of(e, path)}. Delete it to have the shard done again.", e);
        }
    }
}

internal sealed record TextCount(int Candidates, int Kept);

/// <summary>The size of a file and its XxHash128 in hexadecimal digits.</summary>
internal sealed record FileDigest(long Bytes, string Xxh128)
{
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
internal sealed record ErrorFile(string Shard, string Source, string Error);

/// <summary><c>workers/HOST-PID.json</c>: a process's current work, rewritten every few seconds.</summary>
internal sealed record WorkerFile
{
    public required string Host { get; init; }

    public required int Process { get; init; }

    public required DateTimeOffset Started { get; init; }

    public required DateTimeOffset Updated { get; init; }

    public long Images { get; init; }

    public int? Shard { get; init; }

    public int ShardImages { get; init; }

    /// <summary>Images per second over about the last minute.</summary>
    public double Rate { get; init; }
}
