using System.Diagnostics.CodeAnalysis;

namespace Blip.Runtime.Pipelines;

/// <summary>The outcome for an image that was to be in an index.</summary>
public enum IndexingOutcome
{
    /// <summary>It is in the index now, and was not before.</summary>
    Added,

    /// <summary>It was in the index, and has changed since.</summary>
    Updated,

    /// <summary>It was in the index and has the same length and time of change: nothing was done.</summary>
    Unchanged,

    /// <summary>It cannot be read.</summary>
    Failed,
}

/// <summary>The outcome for one image; an added or updated one is on disk.</summary>
/// <param name="Source">The image.</param>
/// <param name="Outcome">The outcome.</param>
/// <param name="Error">The image's error, where it failed; a sentence for people that begins with its name.</param>
public sealed record IndexingResult(ImageSource Source, IndexingOutcome Outcome, string? Error = null)
{
    /// <summary>True where the image is in the index.</summary>
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Error is null;
}
