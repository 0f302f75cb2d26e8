using System.Diagnostics.CodeAnalysis;

namespace Blip.Runtime.Pipelines;

/// <summary>Two images and a sentence about both.</summary>
/// <param name="Left">The left image, or its path.</param>
/// <param name="Right">The right image.</param>
/// <param name="Sentence">The sentence.</param>
public sealed record ImagePair(ImageSource Left, ImageSource Right, string Sentence);

/// <summary>Whether a sentence is true of two images.</summary>
/// <param name="Sentence">The sentence.</param>
/// <param name="ProbabilityTrue">The probability that it is true, 0 to 1 (the softmax of the two logits).</param>
public sealed record Comparison(string Sentence, double ProbabilityTrue)
{
    /// <summary>The model's decision: true above one half.</summary>
    public bool IsTrue => ProbabilityTrue > 0.5;

    /// <summary>The logit of "it is true".</summary>
    public double TrueLogit { get; init; }

    /// <summary>The logit of "it is false".</summary>
    public double FalseLogit { get; init; }
}

/// <summary>A pair's comparison, or the reason why there is none.</summary>
public sealed class ComparisonResult
{
    private ComparisonResult(ImagePair pair, Comparison? comparison, string? error) =>
        (Pair, Comparison, Error) = (pair, comparison, error);

    /// <summary>The pair.</summary>
    public ImagePair Pair { get; }

    /// <summary>The comparison, where there is one.</summary>
    public Comparison? Comparison { get; }

    /// <summary>A sentence that begins with the image's name; null for a comparison.</summary>
    public string? Error { get; }

    /// <summary>Whether there is a comparison.</summary>
    [MemberNotNullWhen(true, nameof(Comparison))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Comparison is not null;

    /// <summary>A result with a comparison.</summary>
    public static ComparisonResult Of(ImagePair pair, Comparison comparison) => new(pair, comparison, null);

    /// <summary>A result with an error.</summary>
    public static ComparisonResult Failed(ImagePair pair, string error) => new(pair, null, error);
}

/// <summary>How an image comparer is set up.</summary>
public sealed record ImageComparerOptions : PipelineOptions;
