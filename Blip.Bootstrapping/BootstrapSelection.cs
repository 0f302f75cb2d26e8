using System.Text.Json;
using System.Text.Json.Nodes;
using Blip.Bootstrapping.Engine;
using Blip.Bootstrapping.Selection;
using Blip.Bootstrapping.Tables;
using Blip.Datasets;
using Blip.Datasets.Writing;
using Blip.Runtime.Files;

namespace Blip.Bootstrapping;

/// <summary>Selects again from the tables of a run, with other thresholds and rankings, without a device.</summary>
public static class BootstrapSelection
{
    private const string SelectionName = "selection.json";

    /// <summary>Reads every candidate of a run.</summary>
    /// <param name="path">The folder of a run or of a selection.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="BootstrapException">There is no table, or one cannot be read.</exception>
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
    /// Selects over all shards that are done, in order. Duplicates are found over the whole data set, where a run finds those of a shard
    /// alone.
    /// </summary>
    /// <param name="request">The selection: its source, its rules and its output.</param>
    /// <param name="progress">Told of each shard; null for nothing.</param>
    /// <param name="cancellationToken">Ends the work before the next shard; written files are whole.</param>
    /// <returns>Candidate texts and those kept, and the shards of the run that are not done.</returns>
    /// <exception cref="BootstrapException">The folder holds no run, or the output holds something else.</exception>
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

    // The images are read from the sources again: a run does not copy dropped images.
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

    // Written last: a selection that a kill cut off does not look like a whole one.
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

    /// <summary>A shard that is named in a table and not read.</summary>
    private sealed class NamedShard(string name) : IDatasetShard
    {
        public string Name => name;

        public IAsyncEnumerable<Sample> ReadAsync(CancellationToken cancellationToken = default) => AsyncEnumerable.Empty<Sample>();
    }
}

/// <summary>A selection: of which run, by which rule, and where it goes.</summary>
public sealed record SelectionRequest
{
    /// <summary>The folder of the run.</summary>
    public required string Run { get; init; }

    /// <summary>The folder of the selection; it is empty or does not exist.</summary>
    public required string Output { get; init; }

    /// <summary>Which texts are kept.</summary>
    public SelectionOptions Selection { get; init; } = new();

    /// <summary>The formats of the kept pairs; none writes the table alone.</summary>
    public IReadOnlyList<string> Outputs { get; init; } = ["webdataset"];

    /// <summary>The run's web sources; empty takes them from its manifest.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>The run's human sources; empty takes them from its manifest.</summary>
    public IReadOnlyList<string> HumanSources { get; init; } = [];

    /// <summary>Whether a source may be a command: only for sources from a person's own command line.</summary>
    public bool AllowCommands { get; init; }

    /// <summary>Further formats that the run's sources are read by.</summary>
    public IReadOnlyList<IDatasetFormat> OwnFormats { get; init; } = [];

    /// <summary>A folder for copies of shards that come over the network; null for the system's.</summary>
    public string? ScratchFolder { get; init; }
}

/// <summary>How far a selection is.</summary>
/// <param name="Shards">Shards that are selected from.</param>
/// <param name="Of">Shards of the run that are done.</param>
/// <param name="NotDone">Shards of the run that are not done, and left out.</param>
/// <param name="Candidates">Candidate texts.</param>
/// <param name="Kept">Texts that are kept.</param>
public sealed record SelectionResult(int Shards, int Of, int NotDone, long Candidates, long Kept);
