using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Blip.Bootstrapping.Selection;
using Blip.Bootstrapping.Tables;
using Blip.Datasets;
using Blip.Datasets.Writing;
using Blip.Runtime.Files;

namespace Blip.Bootstrapping.Engine;

/// <summary>Writes a shard's results: table, kept pairs in each format, failures, and finally the done file.</summary>
internal sealed class ShardWriter(RunFolder folder, IReadOnlyList<string> outputs, string manifest)
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a shard, which is read again for its images. After a cancellation it is written anew next time.</summary>
    public async Task<DoneFile> WriteAsync(
        int number, IDatasetShard source, IReadOnlyList<IReadOnlyList<Candidate>> samples, CancellationToken cancellationToken)
    {
        using var time = BootstrapMetrics.Measure("write");
        var done = DoneFile.Of(BootstrapSources.NameOf(number), source.Name, manifest, samples);
        await CandidateTable.WriteAsync(folder.Table(number), [.. samples.SelectMany(rows => rows)], cancellationToken)
            .ConfigureAwait(false);
        var files = new List<string> { folder.Table(number) };
        var failed = samples.Where(rows => rows[0].Error is not null).Select(rows => rows[0]).ToList();
        if (failed.Count > 0)
        {
            ReplacedFile.Write(folder.Failed(number), file => file.Write(FailedLines(failed)));
            files.Add(folder.Failed(number));
        }
        else
        {
            File.Delete(folder.Failed(number));
        }
        files.AddRange(await WriteKeptAsync(number, source, samples, cancellationToken).ConfigureAwait(false));
        foreach (var file in files)
        {
            var digest = File.Exists(file) ? await FileDigest.OfAsync(file, cancellationToken).ConfigureAwait(false) : null;
            done.Files[Path.GetRelativePath(folder.Path, file)] = digest;
        }
        File.Delete(folder.Error(number));
        ReplacedFile.Write(folder.Done(number), file => file.Write(done.ToBytes()));
        Count(samples);
        return done;
    }

    private async Task<IEnumerable<string>> WriteKeptAsync(
        int number, IDatasetShard source, IReadOnlyList<IReadOnlyList<Candidate>> samples, CancellationToken cancellationToken)
    {
        if (outputs.Count == 0)
            return [];
        var kept = samples.Select(rows => rows.Where(row => row.Kept)
            .OrderByDescending(row => row.Itm ?? double.PositiveInfinity).ThenBy(row => row.Source)
            .ThenBy(row => row.Number).ToList()).Where(rows => rows.Count > 0).ToDictionary(rows => rows[0].Index);
        var writers = outputs.Select(format => DatasetWriters.Create(format, folder.Path, BootstrapSources.NameOf(number))).ToList();
        try
        {
            await foreach (var sample in source.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                if (!kept.Remove(sample.Index, out var rows))
                    continue;
                if (sample.Image is null || sample.Key != rows[0].Key)
                    throw new DatasetException(
                        $"{source.Name}: sample {sample.Index} was '{rows[0].Key}' and is '{sample.Key}' now: "
                        + "the source has changed under the run. Begin a new one.");
                var written = Written(sample, CheckedImage(source, sample, rows[0].ImageHash), rows);
                foreach (var writer in writers)
                    await writer.WriteAsync(written, cancellationToken).ConfigureAwait(false);
            }
            if (kept.Count > 0)
                throw new DatasetException(
                    $"{source.Name}: {kept.Count} samples are no longer there: the source has changed under the run. Begin a new one.");
            var files = new List<string>();
            foreach (var writer in writers)
                files.AddRange(await writer.CommitAsync(cancellationToken).ConfigureAwait(false));
            return files.Select(file => Path.Combine(folder.Path, file));
        }
        finally
        {
            foreach (var writer in writers)
                await writer.DisposeAsync().ConfigureAwait(false);
        }
    }

    // A text must not be written beside another image than it was judged for.
    private static SampleImage CheckedImage(IDatasetShard source, Sample sample, string? hash)
    {
        var (bytes, error) = DecodedSample.Read(sample, source.Name);
        if (bytes is null)
            throw new DatasetException($"{error} The source has changed under the run. Begin a new one.");
        if (hash is not null && hash != DecodedSample.HashOf(bytes))
            throw new DatasetException(
                $"{source.Name}: sample '{sample.Key}' has another image now: the source has changed under the run. Begin a new one.");
        return sample.Image!.With(bytes);
    }

    private static WrittenSample Written(Sample sample, SampleImage image, List<Candidate> rows) => new()
    {
        Key = sample.Key,
        Image = image,
        Fields = sample.Fields,
        Members = sample.Members,
        Texts = [.. rows.Select(row => new WrittenText(row.Text!, Details(row)))],
    };

    private static JsonObject Details(Candidate row)
    {
        var details = new JsonObject { ["source"] = TextOrigins.Name(row.Source!.Value) };
        if (row.Itm is { } itm)
            details["itm"] = itm;
        if (row.Itc is { } itc)
            details["itc"] = itc;
        if (row.LogProbability is { } probability)
            details["log_probability"] = probability;
        return details;
    }

    private static byte[] FailedLines(IEnumerable<Candidate> rows)
    {
        using var lines = new MemoryStream();
        foreach (var row in rows)
        {
            var line = new JsonObject
            {
                ["shard"] = row.Shard, ["index"] = row.Index, ["key"] = row.Key, ["image"] = row.ImagePath, ["error"] = row.Error,
            };
            lines.Write(JsonSerializer.SerializeToUtf8Bytes(line, Readable));
            lines.WriteByte((byte)'\n');
        }
        return lines.ToArray();
    }

    private static void Count(IReadOnlyList<IReadOnlyList<Candidate>> samples)
    {
        foreach (var group in samples.SelectMany(rows => rows).Where(row => row.Source is not null)
            .GroupBy(row => (row.Source, row.Kept, row.Reason)))
            BootstrapMetrics.CountTexts(TextOrigins.Name(group.Key.Source!.Value), group.Key.Kept, group.Key.Reason, group.Count());
    }
}
