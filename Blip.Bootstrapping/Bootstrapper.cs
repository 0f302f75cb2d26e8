using System.Collections.Concurrent;
using Blip.Bootstrapping.Engine;
using Blip.Bootstrapping.Queues;
using Blip.Bootstrapping.Selection;
using Blip.Datasets;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Files;
using Blip.Runtime.Pipelines;

namespace Blip.Bootstrapping;

/// <summary>
/// Bootstraps a data set (CapFilt; BLIP, arXiv 2201.12086, section 3.3). A captioner writes texts for web images, a filter drops unfitting
/// texts, and the kept and human pairs form the new data set. Any number of processes may share a folder; a killed one loses its current
/// batch. Output bytes do not depend on workers, batch size and restarts.
/// </summary>
public sealed class Bootstrapper : IDisposable
{
    private static readonly TimeSpan ElsewhereDelay = TimeSpan.FromSeconds(2);

    private readonly BootstrapRequest request;
    private readonly BootstrapSources sources;
    private readonly RunFolder folder;
    private readonly ManifestFile manifest;
    private readonly ConcurrentDictionary<int, byte> retried = new(), damaged = new();

    private Bootstrapper(
        BootstrapRequest request, BootstrapSources sources, RunFolder folder, ManifestFile manifest, IReadOnlyList<CapFilt> models)
    {
        (this.request, this.sources, this.folder, this.manifest, Models) = (request, sources, folder, manifest, models);
        Fingerprint = manifest.Fingerprint();
    }

    /// <summary>The number of shards.</summary>
    public int Shards => sources.Count;

    /// <summary>The finished shards, without those that <see cref="RunAsync"/> found damaged.</summary>
    public int ShardsDone => folder.DoneShards().Count(shard => shard < Shards && !damaged.ContainsKey(shard));

    /// <summary>
    /// The unfinished shards, in order, and the finished ones whose files are missing or have another length: <see cref="RunAsync"/> tells
    /// of them.
    /// </summary>
    public IReadOnlyList<int> OpenShards =>
        [.. Enumerable.Range(0, Shards).Where(shard => !IsDone(shard) || IsToRetry(shard) || FlawOf(shard) is not null)];

    /// <summary>The run's identity; equal for equal models, options and sources.</summary>
    public string Fingerprint { get; }

    /// <summary>Captioner and filter for each device; empty if all texts are human.</summary>
    public IReadOnlyList<CapFilt> Models { get; }

    /// <summary>Begins a run, or joins the one in the folder.</summary>
    /// <param name="request">The run.</param>
    /// <param name="load">False opens the run without its models, to distribute shards or inspect it.</param>
    /// <exception cref="BootstrapException">The folder holds another run; the message names the differences.</exception>
    /// <exception cref="DatasetException">A source cannot be listed.</exception>
    /// <exception cref="CheckpointException">A model cannot be read.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static async Task<Bootstrapper> OpenAsync(BootstrapRequest request, bool load = true)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Options.Validate();
        var sources = BootstrapSources.Open(request.Sources, request.HumanSources, request.Options.Datasets);
        if (sources.Count == 0)
            throw new BootstrapException("the sources hold no shard: there is nothing to do.");
        var manifest = ManifestFile.Of(request, sources);
        var folder = new RunFolder(request.Output);
        folder.CheckOutside(request.Sources.Concat(request.HumanSources));
        Check(folder, manifest);
        // An unusable device or model leaves no folder behind.
        var models = load && sources.Web.Count > 0 ? Load(request) : [];
        try
        {
            await JoinAsync(folder, manifest).ConfigureAwait(false);
            return new Bootstrapper(request, sources, folder, manifest, models);
        }
        catch
        {
            models.ForEach(model => model.Dispose());
            throw;
        }
    }

    /// <summary>Works on shards until the queue is empty.</summary>
    /// <param name="queue">Gives shard numbers.</param>
    /// <param name="progress">Receives batches and shards; may be null.</param>
    /// <param name="stop">Ends the run after the current batch; finished samples are kept.</param>
    /// <returns>The result.</returns>
    /// <exception cref="IOException">The folder is not writable, for example on a full disk. Finished samples are kept.</exception>
    /// <exception cref="UnauthorizedAccessException">Access to a file is denied.</exception>
    /// <exception cref="ShardQueueException">The queue is unusable.</exception>
    public async Task<BootstrapResult> RunAsync(
        IShardQueue queue, IProgress<BootstrapProgress>? progress = null, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(queue);
        var tally = new RunTally(Shards, () => ShardsDone, progress);
        // A worker with a full disk ends the others, too.
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var workers = Enumerable.Range(0, Math.Max(1, Models.Count))
            .Select(worker => Task.Run(() => WorkAsync(worker, queue, tally, ends), CancellationToken.None)).ToList();
        await Task.WhenAll(workers).ConfigureAwait(false);
        return new BootstrapResult(tally.ShardsDone, tally.Failures, stop.IsCancellationRequested);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var model in Models)
            model.Dispose();
    }

    private static async Task JoinAsync(RunFolder folder, ManifestFile manifest)
    {
        try
        {
            Directory.CreateDirectory(folder.Path);
            ReplacedFile.TryCreate(folder.Manifest, manifest.ToBytes());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(folder, e);
        }
        // Another process may have begun another run first.
        Check(folder, manifest);
    }

    private static void Check(RunFolder folder, ManifestFile manifest)
    {
        try
        {
            if (!File.Exists(folder.Manifest))
            {
                if (File.Exists(folder.Path))
                    throw new BootstrapException($"'{folder.Path}' is a file; name a folder for the run.");
                if (Directory.Exists(folder.Path) && Directory.EnumerateFileSystemEntries(folder.Path).Any(entry => !IsTemporary(entry)))
                    throw new BootstrapException(
                        $"'{folder.Path}' holds other files and no run ({RunFolder.ManifestName}); name an empty or a new folder.");
                return;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(folder, e);
        }
        if (ManifestFile.Read(folder.Manifest).Differences(manifest) is [_, ..] differences)
        {
            throw new BootstrapException($"'{folder.Path}' holds another run: {string.Join("; ", differences)}. "
                + "Repeat its options to go on with it, or name another folder.");
        }
    }

    private static BootstrapException Unusable(RunFolder folder, Exception e) =>
        new($"'{folder.Path}' cannot be used for the run: {FailureReason.Of(e)}.", e);

    // Another process may be beginning the same run.
    private static bool IsTemporary(string path) => Path.GetFileName(path).StartsWith(RunFolder.ManifestName, StringComparison.Ordinal);

    private static List<CapFilt> Load(BootstrapRequest request)
    {
        var (captioner, filter) = (ModelSource.Resolve(request.Captioner), ModelSource.Resolve(request.Filter));
        var models = new List<CapFilt>();
        try
        {
            foreach (var device in Blip.Kernels.Devices.Device.Expand(request.Options.Models.Device))
                models.Add(CapFilt.Load(captioner, filter, request.Options.Models with { Device = device }));
            return models;
        }
        catch
        {
            models.ForEach(model => model.Dispose());
            throw;
        }
    }

    private async Task WorkAsync(int worker, IShardQueue queue, RunTally tally, CancellationTokenSource ends)
    {
        var report = new WorkerReport(folder, worker);
        var capfilt = Models.Count > 0 ? Models[worker] : null;
        try
        {
            while (!ends.IsCancellationRequested && await queue.TakeAsync(ends.Token).ConfigureAwait(false) is { } lease)
                await WorkAsync(lease, capfilt, report, tally, ends.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // The caller asked for this.
        }
        catch
        {
            await ends.CancelAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            report.End();
        }
    }

    private async Task WorkAsync(IShardLease lease, CapFilt? capfilt, WorkerReport report, RunTally tally, CancellationToken stop)
    {
        using var ended = new CancellationTokenSource();
        var renewing = RenewAsync(lease, ended.Token);
        ShardOutcome outcome;
        try
        {
            outcome = await RunShardAsync(lease.Shard, capfilt, report, tally, stop).ConfigureAwait(false);
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await renewing.ConfigureAwait(false);
        }
        switch (outcome.State)
        {
            case ShardState.Done:
                await lease.CompleteAsync(CancellationToken.None).ConfigureAwait(false);
                break;
            case ShardState.Elsewhere:
                await lease.ReturnAsync(ElsewhereDelay, CancellationToken.None).ConfigureAwait(false);
                break;
            case ShardState.Stopped:
                await lease.ReturnAsync(TimeSpan.Zero, CancellationToken.None).ConfigureAwait(false);
                break;
            case ShardState.Failed:
                await lease.FailAsync(outcome.Error!, CancellationToken.None).ConfigureAwait(false);
                break;
            default:
                throw new InvalidOperationException($"a shard ended as {outcome.State}, which nothing is done about.");
        }
    }

    private async Task<ShardOutcome> RunShardAsync(
        int number, CapFilt? capfilt, WorkerReport report, RunTally tally, CancellationToken stop)
    {
        if ((uint)number >= (uint)Shards)
            return tally.Failed(number, $"there is no shard {number}: the run has shards 0 to {Shards - 1}.");
        if (FlawOf(number) is { } flaw)
        {
            damaged.TryAdd(number, 0);
            return tally.Failed(number, flaw);
        }
        if (IsDone(number) && !IsToRetry(number))
            return tally.Skipped(number);
        var (name, source) = (BootstrapSources.NameOf(number), sources[number]);
        var head = new JournalHead(Fingerprint, source.Name);
        using var journal = ShardJournal.TryOpen(folder.Journal(number), head);
        if (journal is null)
            return new ShardOutcome(ShardState.Elsewhere);
        try
        {
            if (IsDone(number))
            {
                if (!IsToRetry(number))
                {
                    // Another process finished it between the check and the lock.
                    journal.Delete();
                    return tally.Skipped(number);
                }
                await ReopenAsync(number, journal).ConfigureAwait(false);
            }
            if (request.Options.RetryFailed && retried.TryAdd(number, 0))
                journal.Remove(record => record.Error is not null, head);
            folder.RemoveTemporary(number);
            report.Begin(number, journal.Records.Count);
            tally.Begin(number, source.Name, journal.Records.Count);
            var run = new ShardRun(request, sources.IsHuman(number) ? null : capfilt, batch => Report(batch, report, tally));
            await using var local = await LocalShard.OpenAsync(source, stop).ConfigureAwait(false);
            if (!await run.RunAsync(local.Shard, journal, stop).ConfigureAwait(false))
                return new ShardOutcome(ShardState.Stopped);
            var done = await FinishAsync(number, local.Shard, journal).ConfigureAwait(false);
            journal.Delete();
            return tally.Done(number, done);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return new ShardOutcome(ShardState.Stopped);
        }
        catch (Exception e) when (e is DatasetException or BootstrapException)
        {
            ReplacedFile.Write(folder.Error(number), file => file.Write(Error(name, source.Name, e.Message)));
            return tally.Failed(number, e.Message);
        }
    }

    private async Task<DoneFile> FinishAsync(int number, IDatasetShard source, ShardJournal journal)
    {
        var rows = journal.Records.Values.Select(record => record.ToCandidates(BootstrapSources.NameOf(number)));
        var selected = new SelectionRule(request.Options.Selection).Apply(rows).ToList();
        var writer = new ShardWriter(folder, request.Options.Outputs, Fingerprint);
        // Not cancelled: the rest takes no longer than a batch.
        return await writer.WriteAsync(number, source, selected, CancellationToken.None).ConfigureAwait(false);
    }

    // A damaged or foreign file does not count: the shard is done again.
    private bool IsDone(int number) => DoneOf(number) is not null;

    private string? FlawOf(int number) => DoneOf(number)?.Flaw(folder.Path);

    private DoneFile? DoneOf(int number) =>
        DoneFile.TryRead(folder.Done(number)) is { } done && done.Manifest == Fingerprint ? done : null;

    private bool IsToRetry(int number) =>
        request.Options.RetryFailed && !retried.ContainsKey(number) && DoneFile.TryRead(folder.Done(number)) is { Failed: > 0 };

    // Finished samples go to the journal before the done file is deleted, so a kill in between loses nothing.
    private async Task ReopenAsync(int number, ShardJournal journal)
    {
        var samples = new List<SampleRecord>();
        await foreach (var rows in TableSamples.ReadAsync(folder.Table(number)).ConfigureAwait(false))
            samples.Add(SampleRecord.Of(rows));
        journal.Append([.. samples.Where(sample => !journal.Records.ContainsKey(sample.Index))]);
        File.Delete(folder.Done(number));
    }

    private static void Report(BatchReport batch, WorkerReport report, RunTally tally)
    {
        report.Add(batch.Images);
        tally.Add(batch);
    }

    private static byte[] Error(string shard, string source, string error) =>
        System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new ErrorFile(shard, source, error), ManifestForms.Readable.ErrorFile);

    private static async Task RenewAsync(IShardLease lease, CancellationToken ended)
    {
        if (lease.RenewEvery is not { } interval)
            return;
        using var timer = new PeriodicTimer(interval);
        try
        {
            while (await timer.WaitForNextTickAsync(ended).ConfigureAwait(false))
            {
                try
                {
                    await lease.RenewAsync(ended).ConfigureAwait(false);
                }
                catch (ShardQueueException)
                {
                    // A lost lease costs repeated work but no result: the done file decides.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The shard has ended.
        }
    }
}
