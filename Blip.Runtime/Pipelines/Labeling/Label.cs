using System.Diagnostics.CodeAnalysis;

namespace Blip.Runtime.Pipelines;

/// <summary>A label of an image.</summary>
/// <param name="Name">The label.</param>
/// <param name="Probability">The probability among all labels, 0 to 1; an image's labels add up to 1.</param>
/// <param name="Cosine">The cosine of the vectors of label and image, -1 to 1; the label's is the mean over its prompts.</param>
public sealed record Label(string Name, double Probability, double Cosine)
{
    /// <summary>
    /// The matching head's probability that the label fits, 0 to 1, over its prompts; null for a label that it did not score.
    /// </summary>
    public double? MatchProbability { get; init; }
}

/// <summary>An image's labels, or the reason why there are none.</summary>
public sealed class LabelResult
{
    private LabelResult(ImageSource source, IReadOnlyList<Label>? labels, string? error) =>
        (Source, Labels, Error) = (source, labels, error);

    /// <summary>The image.</summary>
    public ImageSource Source { get; }

    /// <summary>All labels, likeliest first.</summary>
    public IReadOnlyList<Label>? Labels { get; }

    /// <summary>A sentence that begins with the image's name; null for labels.</summary>
    public string? Error { get; }

    /// <summary>Whether there are labels.</summary>
    [MemberNotNullWhen(true, nameof(Labels))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Labels is not null;

    /// <summary>A result with labels.</summary>
    public static LabelResult Of(ImageSource source, IReadOnlyList<Label> labels) => new(source, labels, null);

    /// <summary>A result with an error.</summary>
    public static LabelResult Failed(ImageSource source, string error) => new(source, null, error);
}
