using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Hub;

/// <summary>
/// Takes a model, or one commit of it, out of the cache. Names go first and blobs last: however the process ends, nothing that is found by
/// a name lacks its files.
/// </summary>
internal sealed class CacheRemoval
{
    private readonly HubCache cache;
    private readonly string name;
    private readonly CachedFolder folder;
    private readonly string? commit;
    private readonly IReadOnlyList<FileInfo> blobs = [];

    /// <summary>Finds the files to remove; removes nothing yet.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="name">The model.</param>
    /// <param name="revision">A branch, a tag or a commit; null for all of the model.</param>
    /// <exception cref="HubException">It is not in the cache, or that cannot be read.</exception>
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
                // The last commit takes everything with it.
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
            // A link may lead anywhere; its target stays.
            Bytes = own.Where(folder.Holds).Sum(file => file.Length);
        }
        catch (Exception e) when (e is CheckpointException || Disk.Refuses(e))
        {
            throw new HubException($"'{folder.Path}' cannot be read: {Disk.Reason(e)}.", e);
        }
    }

    /// <summary>Bytes that become free.</summary>
    public long Bytes { get; }

    /// <summary>Removes it.</summary>
    /// <exception cref="HubException">Another process is downloading it, or something cannot be removed.</exception>
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

    // The files stay: a lock whose file is deleted could be held by two.
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
