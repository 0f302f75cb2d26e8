namespace Blip.Runtime.Hub;

/// <summary>The files to download.</summary>
public sealed record PullOptions
{
    /// <summary>The branch, tag or commit; null for the main branch.</summary>
    public string? Revision { get; init; }

    /// <summary>Whether to download all files, even those that Blip does not read, and also for models that it cannot run.</summary>
    public bool AllFiles { get; init; }
}
