namespace Blip.Bootstrapping.Engine;

/// <summary>How the work on a shard ended.</summary>
internal enum ShardState
{
    /// <summary>The shard is done.</summary>
    Done,

    /// <summary>Another process works on it.</summary>
    Elsewhere,

    /// <summary>The run was asked to stop; finished samples are kept.</summary>
    Stopped,

    /// <summary>The shard cannot be done.</summary>
    Failed,
}

/// <summary>How the work on a shard ended.</summary>
/// <param name="State">The end.</param>
/// <param name="Error">Why a shard failed.</param>
internal sealed record ShardOutcome(ShardState State, string? Error = null);
