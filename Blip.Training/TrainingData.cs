using Blip.Datasets;

namespace Blip.Training;

/// <summary>The training data.</summary>
public sealed record TrainingData
{
    /// <summary>
    /// Image-text data in any format that <c>blip bootstrap</c> reads; for questions the authors' lists, JSON of <c>image</c>,
    /// <c>question</c> and <c>answer</c>; for sentences about two images JSON of <c>images</c>, <c>sentence</c> and <c>label</c>.
    /// </summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>The questions of VQA's official files; null where <see cref="Sources"/> are lists.</summary>
    public string? Questions { get; init; }

    /// <summary>The annotations that belong to <see cref="Questions"/>.</summary>
    public string? Annotations { get; init; }

    /// <summary>The folder of the images that questions or sentences name; null for the list's own.</summary>
    public string? Images { get; init; }

    /// <summary>How image-text data are read: formats, columns, the folder of the images that lists name. Questions take none of it.</summary>
    public DatasetOptions Reading { get; init; } = new();

    /// <summary>Held-out data that the model is scored on with each checkpoint; null for none.</summary>
    public TrainingData? Validation { get; init; }
}
