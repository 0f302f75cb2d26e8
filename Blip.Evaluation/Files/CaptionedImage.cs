namespace Blip.Evaluation;

/// <summary>An image of a data set and what people said of it.</summary>
/// <param name="Id">Its number, which results name it by.</param>
/// <param name="FileName">Its file, relative to the data set's folder of images; null where the annotations do not say.</param>
/// <param name="Captions">The people's captions; empty for a test set that is kept secret.</param>
public sealed record CaptionedImage(long Id, string? FileName, IReadOnlyList<string> Captions);
