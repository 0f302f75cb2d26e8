using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Blip.Bootstrapping.Tables;
using Blip.Datasets;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;

namespace Blip.Bootstrapping.Engine;

/// <summary>Runs a shard's samples through the models; human pairs skip them. Finished samples are journalled after each batch.</summary>
internal sealed class ShardRun(BootstrapRequest request, CapFilt? capfilt, Action<BatchReport> report)
{
    // Fewer images say too little about the share of failures.
    private const int LeastForFailures = 100;

    private readonly BootstrapOptions options = request.Options;

    /// <summary>Works on all samples outside the journal. A stop takes effect after the current batch; the result is then false.</summary>
    public async Task<bool> RunAsync(IDatasetShard shard, ShardJournal journal, CancellationToken stop)
    {
        var size = capfilt?.BatchSize ?? 16;
        var waiting = new List<DecodedSample>();
        var ahead = new DecodeAhead(size, options.DecodeBytes, options.Models.Images);
        try
        {
            var samples = Unfinished(shard, journal, stop);
            await foreach (var group in ahead.GroupsAsync(samples, shard.Name, stop).ConfigureAwait(false))
            {
                Keep(journal, [.. group.Where(sample => !Needs(sample)).Select(sample => Finished(sample, null))]);
                waiting.AddRange(group.Where(Needs));
                for (; waiting.Count >= size; waiting.RemoveRange(0, size))
                    await RunBatchAsync(waiting[..size], journal).ConfigureAwait(false);
                StopWhereTooManyFail(shard, journal, LeastForFailures);
                // The current batch is finished; the reading ahead is discarded.
                stop.ThrowIfCancellationRequested();
            }
            await RunBatchAsync(waiting, journal).ConfigureAwait(false);
            StopWhereTooManyFail(shard, journal, least: 1);
            return true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>The random stream for a sample's captions; it depends on seed and key alone.</summary>
    internal static long StreamOf(ulong seed, string key)
    {
        var bytes = new byte[sizeof(ulong) + Encoding.UTF8.GetByteCount(key)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, seed);
        Encoding.UTF8.GetBytes(key, bytes.AsSpan(sizeof(ulong)));
        return (long)XxHash3.HashToUInt64(bytes);
    }

    private static async IAsyncEnumerable<Sample> Unfinished(
        IDatasetShard shard, ShardJournal journal, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        await foreach (var sample in shard.ReadAsync(stop).ConfigureAwait(false))
        {
            if (!journal.Records.ContainsKey(sample.Index))
                yield return sample;
        }
    }

    // Failed images, those of a wrong size, and human pairs skip the models.
    private bool Needs(DecodedSample sample) => capfilt is not null && sample.Image is { } image && FitsBySize(image);

    private bool FitsBySize(RgbImage image)
    {
        var (shorter, longer) = (Math.Min(image.Width, image.Height), Math.Max(image.Width, image.Height));
        return shorter >= (options.Selection.MinSide ?? 0)
            && (double)longer / shorter <= (options.Selection.MaxAspectRatio ?? double.MaxValue);
    }

    private async Task RunBatchAsync(List<DecodedSample> batch, ShardJournal journal)
    {
        if (batch.Count == 0)
            return;
        var (caption, filter) = (capfilt!.CaptionTime, capfilt.FilterTime);
        // Not cancelled: a batch is always finished.
        var results = await Task.Run(() => capfilt.Run([.. batch.Select(sample =>
            new CapFiltImage(
                sample.Sample.Key, sample.Image!, sample.Texts, StreamOf(options.Models.Generation.Seed, sample.Sample.Key)))]))
            .ConfigureAwait(false);
        BootstrapMetrics.AddSeconds("caption", capfilt.CaptionTime - caption);
        BootstrapMetrics.AddSeconds("filter", capfilt.FilterTime - filter);
        Keep(journal, [.. batch.Zip(results, Finished)]);
    }

    private void Keep(ShardJournal journal, IReadOnlyList<SampleRecord> records)
    {
        if (records.Count == 0)
            return;
        using (BootstrapMetrics.Measure("journal"))
            journal.Append(records);
        var failed = records.Count(record => record.Error is not null);
        BootstrapMetrics.CountImages("failed", failed);
        BootstrapMetrics.CountImages("finished", records.Count - failed);
        var judged = records.SelectMany(record => record.Texts).Where(text => text.Itm is not null).ToList();
        report(
            new BatchReport(records.Count, failed, judged.Count, judged.Count(text => text.Itm >= (options.Selection.ItmThreshold ?? 0))));
    }

    private SampleRecord Finished(DecodedSample sample, CapFiltResult? result)
    {
        var found = sample.Texts;
        var seed = StreamOf(options.Models.Generation.Seed, sample.Sample.Key);
        var error = sample.Error ?? result?.Error;
        var judged = result is { Error: null } ? result : null;
        return new SampleRecord
        {
            Index = sample.Sample.Index,
            Key = sample.Sample.Key,
            ImagePath = sample.Sample.Image?.Path,
            ImageHash = sample.ImageHash,
            Width = sample.Image?.Width,
            Height = sample.Image?.Height,
            Error = error,
            Texts =
            [
                .. found.Select((text, i) => new TextRecord
                {
                    Source = capfilt is null ? TextOrigin.Human : TextOrigin.Web,
                    Number = i,
                    Text = text,
                    Itm = judged?.Texts[i].MatchProbability,
                    Itc = judged?.Texts[i].Cosine,
                }),
                .. (judged?.Captions ?? []).Select((caption, i) => new TextRecord
                {
                    Source = TextOrigin.Synthetic,
                    Number = i,
                    Text = caption.Text,
                    Itm = caption.MatchProbability,
                    Itc = caption.Cosine,
                    LogProbability = caption.LogProbability,
                    Seed = options.Models.Generation.DoSample ? seed : null,
                }),
            ],
        };
    }

    private void StopWhereTooManyFail(IDatasetShard shard, ShardJournal journal, int least)
    {
        var failed = journal.Records.Values.Where(record => record.Error is not null).ToList();
        if (journal.Records.Count < least || failed.Count <= options.MaxFailures * journal.Records.Count)
            return;
        throw new BootstrapException(
            $"{shard.Name}: {failed.Count} of {journal.Records.Count} images failed, "
            + $"more than the share of {options.MaxFailures} that --max-failures allows. "
            + $"The first: {failed[0].Error} Mend the source and give --retry-failed, or raise --max-failures.");
    }
}

/// <summary>A batch's counts. Fitting texts are at or above the threshold.</summary>
internal readonly record struct BatchReport(int Images, int Failed, int Texts, int Fitting);
