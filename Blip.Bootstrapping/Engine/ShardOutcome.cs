namespace Blip.Bootstrapping.Engine;

internal enum ShardState
{
    Done,

    /// <summary>Another process works on it.</summary>
    Elsewhere,

    /// <summary>The run was stopped; finished samples are kept.</summary>
    Stopped,

    Failed,
}

/// <summary>The end of the work on a shard.</summary>
internal sealed record ShardOutcome(ShardState State, string? Error = null);
