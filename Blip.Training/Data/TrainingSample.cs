using Blip.Datasets;

namespace Blip.Training.Data;

/// <summary>An answer to a question, and how much it counts.</summary>
/// <param name="Text">The answer.</param>
/// <param name="Weight">The share of the people who gave it; those of a question add up to 1, save in Visual Genome's.</param>
internal sealed record WeightedAnswer(string Text, double Weight);

/// <summary>An image of a data set, with its texts or questions.</summary>
/// <param name="Key">Its name, unique within its part of the data set.</param>
/// <param name="Image">The encoded image; null where <paramref name="Error"/> says why there is none.</param>
/// <param name="Texts">Captions, each to be learned by itself, or one question. They are clean as in the authors' code.</param>
/// <param name="Answers">The question's answers; none for captions.</param>
/// <param name="Error">Its error, for people; null where it can be used.</param>
internal sealed record TrainingSample(
    string Key, SampleImage? Image, IReadOnlyList<string> Texts, IReadOnlyList<WeightedAnswer> Answers, string? Error)
{
    /// <summary>The right one of two images, where there are two.</summary>
    public SampleImage? Second { get; init; }

    /// <summary>Whether the text is true of the two; null for other tasks.</summary>
    public bool? IsTrue { get; init; }

    /// <summary>The answer of each person who was asked, as VQA's accuracy counts them; none for captions.</summary>
    public IReadOnlyList<string> People { get; init; } = [];

    /// <summary>Counts the texts that had more words than are read, and were cut. The check of the data asks, an epoch does not.</summary>
    public Func<int> CountShortened { get; init; } = () => 0;
}

/// <summary>One thing to learn from: an image and a text.</summary>
/// <param name="Key">Its name, unique in the data set. Random changes of the image follow from it.</param>
/// <param name="Image">The encoded image.</param>
/// <param name="Text">The caption or the question.</param>
/// <param name="Answers">The question's answers; none for captions.</param>
internal sealed record TrainingItem(string Key, SampleImage Image, string Text, IReadOnlyList<WeightedAnswer> Answers)
{
    /// <inheritdoc cref="TrainingSample.Second"/>
    public SampleImage? Second { get; init; }

    /// <inheritdoc cref="TrainingSample.IsTrue"/>
    public bool? IsTrue { get; init; }
}
