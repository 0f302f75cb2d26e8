using System.Diagnostics.CodeAnalysis;

namespace Blip.Runtime.Pipelines;

/// <summary>What became of an image that was to be in an index.</summary>
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

/// <summary>What became of one image; what was added or updated is on disk.</summary>
/// <param name="Source">The image.</param>
/// <param name="Outcome">What was done.</param>
/// <param name="Error">What is wrong with the image, where it failed; a sentence for people that begins with its name.</param>
public sealed record IndexingResult(ImageSource Source, IndexingOutcome Outcome, string? Error = null)
{
    /// <summary>True where the image is in the index.</summary>
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Error is null;
}
