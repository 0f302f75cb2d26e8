using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Hub;

/// <summary>
/// Removes a model, or one commit of it, from the cache. Names go first and blobs last: even after a crash, no name refers to missing
/// files.
/// </summary>
internal sealed class CacheRemoval
{
    private readonly HubCache cache;
    private readonly string name;
    private readonly CachedFolder folder;
    private readonly string? commit;
    private readonly IReadOnlyList<FileInfo> blobs = [];

    /// <summary>Finds the files to remove; removes nothing yet. Without a revision, the whole model is removed.</summary>
    /// <exception cref="HubException">The model is not in the cache, or cannot be read.</exception>
    public CacheRemoval(HubCache cache, string name, string? revision)
    {
        (this.cache, this.name, folder) = (cache, name, new CachedFolder(cache.ModelFolder(name)));
        if (!Directory.Exists(folder.Path))
            throw new HubException($"{name} is not in the cache: there is no '{folder.Path}'. 'blip models' lists what is.");
        try
        {
            if (revision is not null)
            {
                commit = Path.GetFileName(cache.TryFind(name, revision, out var why))
                    ?? throw new HubException($"{name} is not in the cache: {why}.");
                // Removing the last commit removes the whole model.
                commit = folder.Commits() is [_] ? null : commit;
            }
            if (commit is null)
            {
                Bytes = folder.Bytes();
                return;
            }
            var shared = folder.Commits().Where(other => other != commit).SelectMany(other => CachedFolder.Files(folder.Snapshot(other)))
                .Select(file => file.FullName).ToHashSet();
            var own = CachedFolder.Files(folder.Snapshot(commit)).Where(file => file.Exists && !shared.Contains(file.FullName))
                .DistinctBy(file => file.FullName).ToList();
            blobs = [.. own.Where(folder.IsBlob)];
            // A link may point anywhere; its target stays.
            Bytes = own.Where(folder.Holds).Sum(file => file.Length);
        }
        catch (Exception e) when (e is CheckpointException || Disk.Refuses(e))
        {
            throw new HubException($"'{folder.Path}' cannot be read: {Disk.Reason(e)}.", e);
        }
    }

    public long Bytes { get; }

    /// <summary>Removes the files.</summary>
    /// <exception cref="HubException">Another process is downloading the model, or a file cannot be removed.</exception>
    public void Run()
    {
        var locks = new List<IDisposable>();
        try
        {
            TakeLocks(locks);
            if (commit is null)
                RemoveAll();
            else
                RemoveCommit(commit);
        }
        catch (Exception e) when (Disk.Refuses(e))
        {
            throw new HubException(
                $"'{folder.Path}' cannot be removed as a whole: {Disk.Reason(e)}. Mend this, and give the same command again.", e);
        }
        finally
        {
            locks.ForEach(held => held.Dispose());
        }
    }

    // Lock files stay: after a deletion, two processes could hold the lock.
    private void TakeLocks(List<IDisposable> locks)
    {
        var place = Path.Combine(cache.Folder, ".locks", HubCache.FolderName(name));
        foreach (var file in Directory.Exists(place) ? Directory.EnumerateFiles(place, "*.lock") : [])
        {
            locks.Add(HubLock.Try(file)
                ?? throw new HubException($"{name} is being downloaded by another process: wait for it, or end it."));
        }
    }

    private void RemoveAll()
    {
        foreach (var part in new[] { "refs", "snapshots" }.Select(part => Path.Combine(folder.Path, part)).Where(Directory.Exists))
            Directory.Delete(part, recursive: true);
        Directory.Delete(folder.Path, recursive: true);
    }

    private void RemoveCommit(string commit)
    {
        foreach (var reference in folder.ReferencesTo(commit).ToList())
            File.Delete(reference);
        Directory.Delete(folder.Snapshot(commit), recursive: true);
        foreach (var blob in blobs)
            blob.Delete();
    }
}
