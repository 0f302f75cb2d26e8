using Blip.Datasets;

namespace Blip.Training.Data;

internal sealed record WeightedAnswer(string Text, double Weight);

/// <summary>An image of a data set, with its texts or questions.</summary>
/// <param name="Key">Its name, unique within its part.</param>
/// <param name="Image">The encoded image; null where <paramref name="Error"/> says why.</param>
/// <param name="Texts">Captions, each learned separately, or one question; cleaned as in the authors' code.</param>
/// <param name="Answers">The question's answers with their weights; empty for captions.</param>
/// <param name="Error">Its error, for people; null where it is usable.</param>
internal sealed record TrainingSample(
    string Key, SampleImage? Image, IReadOnlyList<string> Texts, IReadOnlyList<WeightedAnswer> Answers, string? Error)
{
    /// <summary>The right one of two images.</summary>
    public SampleImage? Second { get; init; }

    /// <summary>Whether the text is true of both images; null for other tasks.</summary>
    public bool? IsTrue { get; init; }

    /// <summary>Each person's answer, as VQA's accuracy counts them; empty for captions.</summary>
    public IReadOnlyList<string> People { get; init; } = [];

    /// <summary>Counts the texts that were cut for their words. Only the check of the data calls it.</summary>
    public Func<int> CountShortened { get; init; } = () => 0;
}

internal sealed record TrainingItem(string Key, SampleImage Image, string Text, IReadOnlyList<WeightedAnswer> Answers)
{
    /// <inheritdoc cref="TrainingSample.Second"/>
    public SampleImage? Second { get; init; }

    /// <inheritdoc cref="TrainingSample.IsTrue"/>
    public bool? IsTrue { get; init; }
}
