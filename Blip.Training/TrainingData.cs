using Blip.Datasets;

namespace Blip.Training;

/// <summary>The training data.</summary>
public sealed record TrainingData
{
    /// <summary>
    /// Image-text data in any format of <c>blip bootstrap</c>. Questions are JSON lists of <c>image</c>, <c>question</c>, <c>answer</c>;
    /// NLVR2 data of <c>images</c>, <c>sentence</c>, <c>label</c>.
    /// </summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>VQA's official questions file; null where <see cref="Sources"/> are lists.</summary>
    public string? Questions { get; init; }

    /// <summary>The annotations for <see cref="Questions"/>.</summary>
    public string? Annotations { get; init; }

    /// <summary>The image folder of questions or sentences; null for the list's folder.</summary>
    public string? Images { get; init; }

    /// <summary>How image-text data are read. Questions ignore it.</summary>
    public DatasetOptions Reading { get; init; } = new();

    /// <summary>Held-out data to score each checkpoint; null for none.</summary>
    public TrainingData? Validation { get; init; }
}
