using System.Text;
using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Hub;

internal sealed class PullRun(HubClient client, string name, string revision, PullProgress progress)
{
    private const int LongestConfig = 4 << 20;

    private readonly HubSettings settings = client.Settings;

    public async Task<PulledModel> RunAsync(bool allFiles, CancellationToken cancellationToken)
    {
        var listing = await AskAsync(() => client.ListAsync(name, revision, cancellationToken), cancellationToken).ConfigureAwait(false);
        var sizes = listing.Files.DistinctBy(file => file.Path).ToDictionary(file => file.Path, file => file.Size);
        var snapshot = new SnapshotFolder(settings.Cache, name, listing.Commit, settings.Options.Links);
        var paths = allFiles ? NeededFiles.All(name, sizes.Keys) : NeededFiles.Of(name, sizes.Keys);
        var missing = paths.Where(path => !snapshot.Holds(path, sizes[path])).ToList();
        if (!allFiles && missing.Contains(NeededFiles.Config))
            await CheckConfigAsync(listing.Commit, cancellationToken).ConfigureAwait(false);
        var files = await HeadsAsync(listing.Commit, missing, cancellationToken).ConfigureAwait(false);
        progress.Total = files.Sum(file => file.Size);
        CheckRoom(snapshot, files);
        foreach (var file in files)
            await FetchAsync(snapshot, listing.Commit, file, cancellationToken).ConfigureAwait(false);
        snapshot.Name(revision);
        var bytes = paths.Sum(path => SnapshotFolder.LengthOf(snapshot.File(path)) ?? 0);
        return new PulledModel(name, revision, listing.Commit, snapshot.Folder, paths, bytes, progress.Downloaded);
    }

    // A model of another kind is refused before its gigabytes are downloaded.
    private async Task CheckConfigAsync(string commit, CancellationToken cancellationToken)
    {
        var json = await AskAsync(
            () => client.ReadAsync(name, commit, NeededFiles.Config, LongestConfig, cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        try
        {
            BlipConfig.Parse(Encoding.UTF8.GetString(json), $"{name}/{NeededFiles.Config}");
        }
        catch (CheckpointException e)
        {
            throw new HubException(
                $"{e.Message.TrimEnd('.')}. Nothing was downloaded (blip pull --all downloads the files all the same).", e);
        }
    }

    private async Task<IReadOnlyList<HubFile>> HeadsAsync(string commit, IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        using var connections = new SemaphoreSlim(settings.Options.Connections);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        return await Task.WhenAll(paths.Select(async path =>
        {
            await connections.WaitAsync(stop.Token).ConfigureAwait(false);
            try
            {
                return await AskAsync(() => client.HeadAsync(name, commit, path, stop.Token), stop.Token).ConfigureAwait(false);
            }
            catch
            {
                // The first failure ends the others.
                await stop.CancelAsync().ConfigureAwait(false);
                throw;
            }
            finally
            {
                connections.Release();
            }
        })).ConfigureAwait(false);
    }

    private void CheckRoom(SnapshotFolder snapshot, IReadOnlyList<HubFile> files)
    {
        var needed = files.DistinctBy(file => file.Tag).Sum(file =>
        {
            var blob = snapshot.Blob(file.Tag);
            var here = SnapshotFolder.LengthOf(blob) ?? SnapshotFolder.LengthOf(blob + BlobDownload.Unfinished) ?? 0;
            return file.Size - Math.Min(file.Size, here);
        });
        if (settings.Options.FreeBytes(settings.Cache.Folder) is { } free && free < needed)
        {
            throw new HubException(
                $"{name} needs {Disk.Words(needed)} more, and the disk with '{settings.Cache.Folder}' has {Disk.Words(free)} free: "
                + "make room, or name another folder by HF_HOME.");
        }
    }

    private async Task FetchAsync(SnapshotFolder snapshot, string commit, HubFile file, CancellationToken cancellationToken)
    {
        progress.File = file.Path;
        using var held = await HubLock.TakeAsync(
            snapshot.Lock(file.Tag), () => progress.Tell($"another process is downloading {file.Path}: waiting for it"), cancellationToken)
            .ConfigureAwait(false);
        if (snapshot.Holds(file.Path, file.Size))
        {
            progress.Had(file.Size);
            return;
        }
        var blob = snapshot.Blob(file.Tag);
        var isThere = SnapshotFolder.LengthOf(blob) == file.Size;
        var download = new BlobDownload(client, file, token => RenewAsync(commit, file, token), progress);
        if (isThere)
            progress.Had(file.Size);
        else
            await download.RunAsync(blob, cancellationToken).ConfigureAwait(false);
        snapshot.Link(file.Path, file.Tag, isNew: !isThere);
    }

    private async Task RenewAsync(string commit, HubFile file, CancellationToken cancellationToken) =>
        file.Location = (await client.HeadAsync(name, commit, file.Path, cancellationToken).ConfigureAwait(false)).Location;

    private Task<T> AskAsync<T>(Func<Task<T>> question, CancellationToken cancellationToken) =>
        new RetryPolicy(settings.Options.FirstWaits, progress.Tell, "Try again later; behind a proxy set HTTPS_PROXY.")
            .RunAsync(question, cancellationToken);
}
