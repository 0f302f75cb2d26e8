using System.Text.Json;
using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Files;

namespace Blip.Runtime.Hub;

internal sealed class CacheListing(HubCache cache)
{
    private const int LongestConfig = 4 << 20;

    /// <summary>Every commit of every model, by name.</summary>
    /// <exception cref="HubException">The cache cannot be read.</exception>
    public IReadOnlyList<CachedModel> Read(CancellationToken cancellationToken)
    {
        try
        {
            return !Directory.Exists(cache.Folder)
                ? []
                : [.. from folder in Directory.EnumerateDirectories(cache.Folder, HubCache.FolderPattern)
                      let name = HubCache.NameOf(Path.GetFileName(folder))
                      where name is not null
                      orderby name
                      from model in Models(new CachedFolder(folder), name, cancellationToken)
                      select model];
        }
        catch (Exception e) when (Disk.Refuses(e))
        {
            throw new HubException($"'{cache.Folder}' cannot be read: {Disk.Reason(e)}.", e);
        }
    }

    private static IEnumerable<CachedModel> Models(CachedFolder folder, string name, CancellationToken cancellationToken)
    {
        var models = new List<CachedModel>();
        foreach (var commit in folder.Commits())
        {
            cancellationToken.ThrowIfCancellationRequested();
            models.Add(Model(folder, name, commit));
        }
        // The downloaded part of an incomplete commit.
        if (models.FindIndex(model => !model.IsWhole) is >= 0 and var index)
            models[index] = models[index] with { Bytes = models[index].Bytes + folder.UnfinishedBytes() };
        return models;
    }

    private static CachedModel Model(CachedFolder folder, string name, string commit)
    {
        var snapshot = folder.Snapshot(commit);
        var files = CachedFolder.Files(snapshot).Where(file => file.Exists).ToList();
        var used = files.Count == 0 ? Directory.GetLastWriteTimeUtc(snapshot) : files.Max(file => file.LastAccessTimeUtc);
        var (kind, precision, weights) = (Kind(snapshot), (string?)null, false);
        if (kind is not null)
        {
            weights = TensorFiles.FindInFolder(snapshot) is not null;
            precision = weights ? PrecisionOf(snapshot) : null;
        }
        foreach (var file in files)
            KeepAccessTime(file);
        return new CachedModel(
            name, commit, folder.NamesOf(commit), snapshot, kind, precision, kind is null || (weights && precision is not null),
            files.DistinctBy(file => file.FullName).Sum(file => file.Length), new DateTimeOffset(used, TimeSpan.Zero));
    }

    private static string? Kind(string snapshot)
    {
        try
        {
            var path = Path.Combine(snapshot, NeededFiles.Config);
            if (SnapshotFolder.LengthOf(path) is not (> 0 and <= LongestConfig))
                return null;
            using var json = JsonInput.Parse(File.ReadAllBytes(path));
            // A config without a type is accepted for old files; here it may be any model's.
            if (!json.RootElement.TryGetProperty("model_type", out var type) || type.ValueKind != JsonValueKind.String
                || type.GetString() != "blip")
                return null;
            return BlipConfig.Load(path).Head is { } head ? head.Kind() : "blip";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or CheckpointException || Disk.Refuses(e))
        {
            return null;
        }
    }

    // The format of most elements; null for unreadable weights.
    private static string? PrecisionOf(string snapshot)
    {
        try
        {
            using var source = TensorFiles.Open(snapshot);
            var types = source.Keys.Select(key => source.Get(key)).GroupBy(info => info.Type);
            var name = types.MaxBy(type => type.Sum(info => info.ElementCount))?.Key.SafetensorsName().ToLowerInvariant();
            return name?[0] == 'f' ? $"fp{name[1..]}" : name;
        }
        catch (CheckpointException)
        {
            return null;
        }
    }

    // Listing does not count as use of the model.
    private static void KeepAccessTime(FileInfo file)
    {
        try
        {
            File.SetLastAccessTimeUtc(file.FullName, file.LastAccessTimeUtc);
        }
        catch (Exception e) when (Disk.Refuses(e))
        {
            // Another user's file keeps its access time.
        }
    }
}
