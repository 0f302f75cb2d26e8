namespace Blip.Bootstrapping;

/// <summary>How far a run is, as one process sees it.</summary>
/// <param name="Shards">The shards of the run.</param>
/// <param name="ShardsDone">Shards done, in this process or another.</param>
/// <param name="ShardsDoneBefore">Shards done when this process began.</param>
/// <param name="Images">Images that this process worked on.</param>
/// <param name="Failed">Those of them that failed.</param>
/// <param name="Texts">Texts that this process judged.</param>
/// <param name="Fitting">Those at or above the threshold.</param>
/// <param name="Elapsed">The time since this process began.</param>
/// <param name="Event">The event of a shard; null for a batch.</param>
public sealed record BootstrapProgress(
    int Shards, int ShardsDone, int ShardsDoneBefore, int Images, int Failed, int Texts, int Fitting, TimeSpan Elapsed, ShardEvent? Event);

/// <summary>The events of a shard.</summary>
public enum ShardEventKind
{
    /// <summary>A process began to work on it, or went on.</summary>
    Begun,

    /// <summary>It is done.</summary>
    Done,

    /// <summary>It was done already, by another process or an earlier run.</summary>
    Skipped,

    /// <summary>It cannot be done.</summary>
    Failed,
}

/// <summary>Something that happened to a shard.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Shard">The shard's number.</param>
/// <param name="Source">The shard's source.</param>
/// <param name="Images">Its images; of a shard that begins, the ones that were finished before.</param>
public sealed record ShardEvent(ShardEventKind Kind, int Shard, string Source, int Images)
{
    /// <summary>Images that failed.</summary>
    public int Failed { get; init; }

    /// <summary>Candidate texts.</summary>
    public int Texts { get; init; }

    /// <summary>Texts that are kept.</summary>
    public int Kept { get; init; }

    /// <summary>Why it failed; null otherwise.</summary>
    public string? Error { get; init; }
}

/// <summary>How a run ended.</summary>
/// <param name="ShardsDone">Shards that this process did.</param>
/// <param name="Failures">Shards that failed here.</param>
/// <param name="Stopped">Whether the run was asked to stop.</param>
public sealed record BootstrapResult(int ShardsDone, IReadOnlyList<ShardFailure> Failures, bool Stopped);

/// <summary>A shard that failed.</summary>
/// <param name="Shard">Its number.</param>
/// <param name="Error">The reason, for people.</param>
public sealed record ShardFailure(int Shard, string Error);
