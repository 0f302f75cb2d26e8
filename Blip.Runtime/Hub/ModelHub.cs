using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Hub;

/// <summary>
/// The Hugging Face hub, and the local cache shared with Hugging Face's tools. <c>hf download</c> and this class find each other's files
/// and continue each other's downloads. Calls may run concurrently, in any number of processes.
/// </summary>
/// <example>
/// <code>
/// var model = await new ModelHub().PullAsync("Salesforce/blip-image-captioning-base");
/// using var captioner = Captioner.Load(model.Folder);
/// </code>
/// </example>
public sealed class ModelHub
{
    private readonly HubSettings settings;
    private readonly HubClient client;

    /// <summary>Reads the environment; makes no network requests.</summary>
    /// <param name="options">Options, which take precedence over the environment.</param>
    /// <exception cref="ArgumentException">A number of the options is out of range.</exception>
    public ModelHub(ModelHubOptions? options = null)
        : this(new HubSettings(options ?? new ModelHubOptions()))
    {
    }

    internal ModelHub(HubSettings settings) => (this.settings, client) = (settings, new HubClient(settings));

    /// <summary>The cache's folder.</summary>
    public string CacheFolder => settings.Cache.Folder;

    /// <summary>The folder with a model's files; null unless the cache holds everything that a pipeline needs.</summary>
    /// <param name="name">The model, such as <c>Salesforce/blip-image-captioning-base</c>.</param>
    /// <param name="revision">A branch, tag or commit; null for the main branch.</param>
    /// <exception cref="HubException">The name or revision is invalid, or the cache is damaged.</exception>
    public string? Find(string name, string? revision = null)
    {
        Check(name, ref revision);
        try
        {
            return settings.Cache.TryFind(name, revision!, out _) is { } folder && File.Exists(Path.Combine(folder, NeededFiles.Config))
                && TensorFiles.FindInFolder(folder) is not null
                ? folder
                : null;
        }
        catch (CheckpointException e)
        {
            throw new HubException(e.Message, e);
        }
    }

    /// <summary>
    /// Downloads a model's missing files into the cache. It continues older downloads and checks every file whose hash the hub gives. The
    /// revision's name changes after the last file; until then an older commit stays in use.
    /// </summary>
    /// <param name="name">The model, such as <c>Salesforce/blip-image-captioning-base</c>.</param>
    /// <param name="options">The files and revision to download.</param>
    /// <param name="progress">Notified of each part, on the thread that wrote it.</param>
    /// <param name="cancellationToken">Ends the download; downloaded parts stay.</param>
    /// <exception cref="HubException">The model cannot be downloaded; the message gives cause and remedy.</exception>
    public async Task<PulledModel> PullAsync(
        string name, PullOptions? options = null, IProgress<HubProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        options ??= new PullOptions();
        var revision = options.Revision;
        Check(name, ref revision);
        if (settings.OfflineBy is { } offline)
            return Offline(name, revision!, offline);
        var run = new PullRun(client, name, revision!, new PullProgress(name, progress));
        return await run.RunAsync(options.AllFiles, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Every commit of every model in the cache, by name, including models that Blip cannot run.</summary>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="HubException">The cache cannot be read.</exception>
    public Task<IReadOnlyList<CachedModel>> ListAsync(CancellationToken cancellationToken = default) =>
        Task.Run(() => new CacheListing(settings.Cache).Read(cancellationToken), cancellationToken);

    /// <summary>Removes a model, or a revision of it, from the cache. Files shared with other revisions stay.</summary>
    /// <param name="name">The model.</param>
    /// <param name="revision">A branch, tag or commit; null for the whole model.</param>
    /// <param name="cancellationToken">Ends the call before the removal begins.</param>
    /// <returns>Bytes freed.</returns>
    /// <exception cref="HubException">
    /// The model is not in the cache, another process is downloading it, or something cannot be removed.
    /// </exception>
    public Task<long> RemoveAsync(string name, string? revision = null, CancellationToken cancellationToken = default) => Task.Run(
        () =>
        {
            var removal = PlanRemoval(name, revision);
            removal.Run();
            return removal.Bytes;
        },
        cancellationToken);

    /// <summary>Plans a removal.</summary>
    /// <exception cref="HubException">The model is not in the cache.</exception>
    internal CacheRemoval PlanRemoval(string name, string? revision)
    {
        var named = revision;
        Check(name, ref named);
        return new CacheRemoval(settings.Cache, name, revision);
    }

    private PulledModel Offline(string name, string revision, string setting)
    {
        var folder = Find(name, revision)
            ?? throw new HubException(
                $"{name} is not in the cache as a whole, and {setting} says to leave the network alone: take that away, and try again.");
        var files = Directory.EnumerateFiles(folder).ToList();
        return new PulledModel(
            name, revision, Path.GetFileName(folder), folder,
            [.. files.Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)],
            files.Sum(file => SnapshotFolder.LengthOf(file) ?? 0), 0);
    }

    private static void Check(string name, ref string? revision)
    {
        ArgumentNullException.ThrowIfNull(name);
        revision ??= HubCache.MainBranch;
        if (HubCache.Objection(name, revision) is { } objection)
            throw new HubException(objection);
    }
}
