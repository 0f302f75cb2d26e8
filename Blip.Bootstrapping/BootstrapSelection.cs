using System.Text.Json;
using System.Text.Json.Nodes;
using Blip.Bootstrapping.Engine;
using Blip.Bootstrapping.Selection;
using Blip.Bootstrapping.Tables;
using Blip.Datasets;
using Blip.Datasets.Writing;
using Blip.Runtime.Files;

namespace Blip.Bootstrapping;

/// <summary>Selects again from a run's tables with other thresholds and rankings, without a device.</summary>
public static class BootstrapSelection
{
    private const string SelectionName = "selection.json";

    /// <summary>Reads every candidate of a run.</summary>
    /// <param name="path">The folder of a run or a selection.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="BootstrapException">A table is missing or unreadable.</exception>
    public static async IAsyncEnumerable<Candidate> CandidatesAsync(
        string path, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var folder = Folder(path);
        if (!File.Exists(folder.Manifest) && !File.Exists(Path.Combine(path, SelectionName)))
            throw new BootstrapException($"'{path}' holds no run ({RunFolder.ManifestName}) and no finished selection ({SelectionName}).");
        foreach (var shard in folder.DoneShards())
        {
            await foreach (var row in CandidateTable.ReadAsync(folder.Table(shard), cancellationToken).ConfigureAwait(false))
                yield return row;
        }
    }

    /// <summary>
    /// Selects over all finished shards, in order. Duplicates are found over the whole data set; a run finds them within a shard.
    /// </summary>
    /// <param name="request">The selection.</param>
    /// <param name="progress">Receives each shard; may be null.</param>
    /// <param name="cancellationToken">Ends the work before the next shard.</param>
    /// <returns>The counts of texts and shards.</returns>
    /// <exception cref="BootstrapException">The folder has no run, or the output is not empty.</exception>
    /// <exception cref="DatasetException">A source cannot be read.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static async Task<SelectionResult> RunAsync(
        SelectionRequest request, IProgress<SelectionResult>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Selection.Validate();
        DatasetWriters.Check(request.Outputs);
        var folder = Folder(request.Run);
        var manifest = ManifestFile.Read(folder.Manifest);
        var sources = request.Outputs.Count == 0 ? null : Sources(manifest, request);
        var output = new RunFolder(request.Output);
        output.CheckOutside(request.Sources.Concat(request.HumanSources).Concat(manifest.Sources).Concat(manifest.HumanSources));
        Begin(output);
        var rule = new SelectionRule(request.Selection);
        var writer = new ShardWriter(output, request.Outputs, manifest.Fingerprint());
        var done = folder.DoneShards().Where(shard => shard < manifest.Shards.Count).ToList();
        var result = new SelectionResult(0, done.Count, manifest.Shards.Count - done.Count, 0, 0);
        foreach (var shard in done)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var samples = new List<IReadOnlyList<Candidate>>();
            await foreach (var rows in TableSamples.ReadAsync(folder.Table(shard)).ConfigureAwait(false))
                samples.Add(rows);
            var selected = rule.Apply(samples).ToList();
            var source = sources?[shard] ?? new NamedShard(manifest.Shards[shard]);
            await using var local = await LocalShard.OpenAsync(source, cancellationToken).ConfigureAwait(false);
            var written = await writer.WriteAsync(shard, local.Shard, selected, cancellationToken).ConfigureAwait(false);
            result = result with
            {
                Shards = result.Shards + 1,
                Candidates = result.Candidates + written.Texts.Values.Sum(count => (long)count.Candidates),
                Kept = result.Kept + written.Texts.Values.Sum(count => (long)count.Kept),
            };
            progress?.Report(result);
        }
        End(output, manifest, request);
        return result;
    }

    private static RunFolder Folder(string path) => Directory.Exists(path)
        ? new RunFolder(path)
        : throw new BootstrapException($"'{path}': there is no such folder; name the folder of a run.");

    // Images are read from the sources again, since a run does not copy dropped ones.
    private static BootstrapSources Sources(ManifestFile manifest, SelectionRequest request)
    {
        if (manifest.Sources.Concat(manifest.HumanSources)
                .FirstOrDefault(source => source.StartsWith("pipe:", StringComparison.Ordinal)) is { } command
            && !request.Sources.Concat(request.HumanSources).Contains(command))
        {
            throw new BootstrapException(
                $"the run reads '{command}', and a command is run for a command line alone: repeat the sources, or write no images.");
        }
        var named = request.Sources.Count > 0 || request.HumanSources.Count > 0;
        var sources = BootstrapSources.Open(
            named ? request.Sources : manifest.Sources, named ? request.HumanSources : manifest.HumanSources, manifest.DatasetOptions() with
            {
                OwnFormats = request.OwnFormats,
                AllowCommands = request.AllowCommands,
                ScratchFolder = request.ScratchFolder,
            });
        return sources.Web.Concat(sources.Human).Select(shard => shard.Name).SequenceEqual(manifest.Shards)
            ? sources
            : throw new BootstrapException(
                "the sources are not those of the run: shards were added, removed or renamed. Name the run's own sources.");
    }

    private static void Begin(RunFolder output)
    {
        if (Directory.Exists(output.Path) && Directory.EnumerateFileSystemEntries(output.Path).Any())
            throw new BootstrapException($"'{output.Path}' holds something already; name an empty or a new folder.");
        Directory.CreateDirectory(output.Path);
    }

    // Written last, so that a killed selection does not look complete.
    private static void End(RunFolder output, ManifestFile manifest, SelectionRequest request)
    {
        var selection = new JsonObject
        {
            ["run"] = manifest.Fingerprint(),
            ["options"] = ManifestFile.OptionsOf(request.Selection),
            ["write"] = ManifestFile.List(request.Outputs),
        };
        var bytes = JsonSerializer.SerializeToUtf8Bytes(selection, new JsonSerializerOptions { WriteIndented = true, NewLine = "\n" });
        ReplacedFile.Write(Path.Combine(output.Path, SelectionName), file => file.Write(bytes));
    }

    private sealed class NamedShard(string name) : IDatasetShard
    {
        public string Name => name;

        public IAsyncEnumerable<Sample> ReadAsync(CancellationToken cancellationToken = default) => AsyncEnumerable.Empty<Sample>();
    }
}

/// <summary>A selection: its run, rule and output.</summary>
public sealed record SelectionRequest
{
    /// <summary>The run's folder.</summary>
    public required string Run { get; init; }

    /// <summary>The selection's folder, empty or new.</summary>
    public required string Output { get; init; }

    /// <summary>The selection of texts.</summary>
    public SelectionOptions Selection { get; init; } = new();

    /// <summary>The formats of kept pairs; empty writes only the table.</summary>
    public IReadOnlyList<string> Outputs { get; init; } = ["webdataset"];

    /// <summary>The run's web sources; empty uses the manifest's.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>The run's human sources; empty uses the manifest's.</summary>
    public IReadOnlyList<string> HumanSources { get; init; } = [];

    /// <summary>Whether a source may be a command: only for the user's own command line.</summary>
    public bool AllowCommands { get; init; }

    /// <summary>Custom formats of the run's sources.</summary>
    public IReadOnlyList<IDatasetFormat> OwnFormats { get; init; } = [];

    /// <summary>A folder for copies of remote shards; null for the system's.</summary>
    public string? ScratchFolder { get; init; }
}

/// <summary>The progress of a selection.</summary>
/// <param name="Shards">Shards selected from.</param>
/// <param name="Of">The run's finished shards.</param>
/// <param name="NotDone">The run's unfinished shards, left out.</param>
/// <param name="Candidates">Candidate texts.</param>
/// <param name="Kept">Kept texts.</param>
public sealed record SelectionResult(int Shards, int Of, int NotDone, long Candidates, long Kept);
