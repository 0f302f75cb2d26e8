namespace Blip.Runtime.Hub;

/// <summary>What is downloaded of a model.</summary>
public sealed record PullOptions
{
    /// <summary>The branch, tag or commit; null for the main branch.</summary>
    public string? Revision { get; init; }

    /// <summary>Every file of the model, also those that Blip does not read, and of models that are none of Blip's.</summary>
    public bool AllFiles { get; init; }
}
