namespace Blip.Runtime.Hub;

/// <summary>The files of a model that are downloaded.</summary>
public sealed record PullOptions
{
    /// <summary>The branch, tag or commit; null for the main branch.</summary>
    public string? Revision { get; init; }

    /// <summary>Every file of the model, also files that Blip does not read, and of models that Blip cannot run.</summary>
    public bool AllFiles { get; init; }
}
