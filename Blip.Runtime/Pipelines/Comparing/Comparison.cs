using System.Diagnostics.CodeAnalysis;

namespace Blip.Runtime.Pipelines;

/// <summary>Two images and a sentence about both.</summary>
/// <param name="Left">The left image; a path is one.</param>
/// <param name="Right">The right image.</param>
/// <param name="Sentence">The sentence.</param>
public sealed record ImagePair(ImageSource Left, ImageSource Right, string Sentence);

/// <summary>Whether a sentence is true of two images.</summary>
/// <param name="Sentence">The sentence.</param>
/// <param name="ProbabilityTrue">How likely it is true, 0 to 1 (the softmax of the two logits).</param>
public sealed record Comparison(string Sentence, double ProbabilityTrue)
{
    /// <summary>What the model decides for: true above one half.</summary>
    public bool IsTrue => ProbabilityTrue > 0.5;

    /// <summary>The logit of "it is true".</summary>
    public double TrueLogit { get; init; }

    /// <summary>The logit of "it is false".</summary>
    public double FalseLogit { get; init; }
}

/// <summary>What came of a pair, or the reason why that cannot be told: in a stream of many, one bad file stops nothing.</summary>
public sealed class ComparisonResult
{
    private ComparisonResult(ImagePair pair, Comparison? comparison, string? error) =>
        (Pair, Comparison, Error) = (pair, comparison, error);

    /// <summary>What was asked.</summary>
    public ImagePair Pair { get; }

    /// <summary>The answer.</summary>
    public Comparison? Comparison { get; }

    /// <summary>What is wrong, where there is no answer; a sentence for people that begins with the image's name.</summary>
    public string? Error { get; }

    /// <summary>True where there is an answer.</summary>
    [MemberNotNullWhen(true, nameof(Comparison))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Comparison is not null;

    /// <summary>A result with an answer.</summary>
    public static ComparisonResult Of(ImagePair pair, Comparison comparison) => new(pair, comparison, null);

    /// <summary>A result without one.</summary>
    public static ComparisonResult Failed(ImagePair pair, string error) => new(pair, null, error);
}

/// <summary>How an image comparer is set up.</summary>
public sealed record ImageComparerOptions : PipelineOptions;
