using System.Diagnostics.CodeAnalysis;

namespace Blip.Runtime.Pipelines;

/// <summary>A label of an image.</summary>
/// <param name="Name">The label.</param>
/// <param name="Probability">How likely it is the one among all labels, 0 to 1; those of an image's labels add up to 1.</param>
/// <param name="Cosine">How close the label's vector is to the image's, -1 to 1: the mean over the prompts.</param>
public sealed record Label(string Name, double Probability, double Cosine)
{
    /// <summary>
    /// How likely the label fits by itself, 0 to 1, by the matching head over its prompts; null where that did not look at it.
    /// </summary>
    public double? MatchProbability { get; init; }
}

/// <summary>An image's labels, or the reason why there are none: in a stream of many, one bad file stops nothing.</summary>
public sealed class LabelResult
{
    private LabelResult(ImageSource source, IReadOnlyList<Label>? labels, string? error) =>
        (Source, Labels, Error) = (source, labels, error);

    /// <summary>The image.</summary>
    public ImageSource Source { get; }

    /// <summary>All labels, the likeliest first.</summary>
    public IReadOnlyList<Label>? Labels { get; }

    /// <summary>What is wrong, where there are no labels; a sentence for people that begins with the image's name.</summary>
    public string? Error { get; }

    /// <summary>True where there are labels.</summary>
    [MemberNotNullWhen(true, nameof(Labels))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Labels is not null;

    /// <summary>A result with labels.</summary>
    public static LabelResult Of(ImageSource source, IReadOnlyList<Label> labels) => new(source, labels, null);

    /// <summary>A result without.</summary>
    public static LabelResult Failed(ImageSource source, string error) => new(source, null, error);
}
