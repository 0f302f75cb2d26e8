using System.Diagnostics;

namespace Blip.Bootstrapping.Engine;

/// <summary>Counts and reports the work of a process's workers.</summary>
internal sealed class RunTally(int shards, Func<int> countDone, IProgress<BootstrapProgress>? progress)
{
    private readonly Lock guard = new();
    private readonly long start = Stopwatch.GetTimestamp();
    private readonly List<ShardFailure> failures = [];
    private readonly int before = countDone();
    private int done = countDone(), doneHere, images, failed, texts, fitting;

    public int ShardsDone => doneHere;

    public IReadOnlyList<ShardFailure> Failures => failures;

    public void Begin(int shard, string source, int finished) => Tell(new ShardEvent(ShardEventKind.Begun, shard, source, finished));

    public void Add(BatchReport batch)
    {
        lock (guard)
        {
            images += batch.Images;
            failed += batch.Failed;
            texts += batch.Texts;
            fitting += batch.Fitting;
        }
        Tell(null);
    }

    public ShardOutcome Skipped(int shard)
    {
        lock (guard)
            done = Math.Max(done, countDone());
        Tell(new ShardEvent(ShardEventKind.Skipped, shard, "", 0));
        return new ShardOutcome(ShardState.Done);
    }

    public ShardOutcome Done(int shard, DoneFile file)
    {
        lock (guard)
            (doneHere, done) = (doneHere + 1, countDone());
        BootstrapMetrics.CountShard("done");
        Tell(new ShardEvent(ShardEventKind.Done, shard, file.Source, file.Images)
        {
            Failed = file.Failed,
            Texts = file.Texts.Values.Sum(count => count.Candidates),
            Kept = file.Texts.Values.Sum(count => count.Kept),
        });
        return new ShardOutcome(ShardState.Done);
    }

    public ShardOutcome Failed(int shard, string error)
    {
        lock (guard)
            failures.Add(new ShardFailure(shard, error));
        BootstrapMetrics.CountShard("failed");
        Tell(new ShardEvent(ShardEventKind.Failed, shard, "", 0) { Error = error });
        return new ShardOutcome(ShardState.Failed, error);
    }

    private void Tell(ShardEvent? happened)
    {
        if (progress is null)
            return;
        BootstrapProgress snapshot;
        lock (guard)
        {
            snapshot = new BootstrapProgress(
                shards, done, before, images, failed, texts, fitting, Stopwatch.GetElapsedTime(start), happened);
        }
        progress.Report(snapshot);
    }
}
