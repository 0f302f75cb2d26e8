namespace Blip.Evaluation;

/// <summary>A data set's image with people's captions.</summary>
/// <param name="Id">Its id in results.</param>
/// <param name="FileName">Its file, relative to the data set's image folder; null where the annotations do not name it.</param>
/// <param name="Captions">People's captions; may be empty, as in a secret test set.</param>
public sealed record CaptionedImage(EntryId Id, string? FileName, IReadOnlyList<string> Captions);
