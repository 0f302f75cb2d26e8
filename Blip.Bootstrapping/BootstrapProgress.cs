namespace Blip.Bootstrapping;

/// <summary>The progress of a run in one process.</summary>
/// <param name="Shards">All shards.</param>
/// <param name="ShardsDone">Shards done by any process.</param>
/// <param name="ShardsDoneBefore">Shards done before this process.</param>
/// <param name="Images">This process's images.</param>
/// <param name="Failed">The failed ones.</param>
/// <param name="Texts">Texts judged by this process.</param>
/// <param name="Fitting">The texts at or above the threshold.</param>
/// <param name="Elapsed">The time since this process began.</param>
/// <param name="Event">A shard's event; null for a batch.</param>
public sealed record BootstrapProgress(
    int Shards, int ShardsDone, int ShardsDoneBefore, int Images, int Failed, int Texts, int Fitting, TimeSpan Elapsed, ShardEvent? Event);

/// <summary>Events of a shard.</summary>
public enum ShardEventKind
{
    /// <summary>A process began or resumed it.</summary>
    Begun,

    /// <summary>It is done.</summary>
    Done,

    /// <summary>Another process or an earlier run did it.</summary>
    Skipped,

    /// <summary>It failed.</summary>
    Failed,
}

/// <summary>An event of a shard.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Shard">The shard's number.</param>
/// <param name="Source">The shard's source.</param>
/// <param name="Images">Its images; at its beginning, those already finished.</param>
public sealed record ShardEvent(ShardEventKind Kind, int Shard, string Source, int Images)
{
    /// <summary>Images that failed.</summary>
    public int Failed { get; init; }

    /// <summary>Candidate texts.</summary>
    public int Texts { get; init; }

    /// <summary>Kept texts.</summary>
    public int Kept { get; init; }

    /// <summary>Why it failed; null otherwise.</summary>
    public string? Error { get; init; }
}

/// <summary>The result of a run.</summary>
/// <param name="ShardsDone">Shards done by this process.</param>
/// <param name="Failures">Shards that failed here.</param>
/// <param name="Stopped">Whether the run was stopped.</param>
public sealed record BootstrapResult(int ShardsDone, IReadOnlyList<ShardFailure> Failures, bool Stopped);

/// <summary>A failed shard.</summary>
/// <param name="Shard">Its number.</param>
/// <param name="Error">The reason, for people.</param>
public sealed record ShardFailure(int Shard, string Error);
