using System.Diagnostics.CodeAnalysis;

namespace Blip.Runtime.Pipelines;

/// <summary>The outcome of indexing an image.</summary>
public enum IndexingOutcome
{
    /// <summary>It is new in the index.</summary>
    Added,

    /// <summary>It was in the index and has changed.</summary>
    Updated,

    /// <summary>It was in the index with the same length and time of change; nothing was done.</summary>
    Unchanged,

    /// <summary>It cannot be read.</summary>
    Failed,
}

/// <summary>The outcome for one image; an added or updated one is on disk.</summary>
/// <param name="Source">The image.</param>
/// <param name="Outcome">The outcome.</param>
/// <param name="Error">A sentence that begins with the image's name; null for success.</param>
public sealed record IndexingResult(ImageSource Source, IndexingOutcome Outcome, string? Error = null)
{
    /// <summary>Whether the image is in the index.</summary>
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Error is null;
}
