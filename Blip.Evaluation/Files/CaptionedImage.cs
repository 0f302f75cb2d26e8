namespace Blip.Evaluation;

/// <summary>An image of a data set and people's captions of it.</summary>
/// <param name="Id">Its id, which results name it by.</param>
/// <param name="FileName">Its file, relative to the data set's folder of images; null where the annotations do not say.</param>
/// <param name="Captions">The people's captions; empty where there are none, as in a test set that is kept secret.</param>
public sealed record CaptionedImage(EntryId Id, string? FileName, IReadOnlyList<string> Captions);
