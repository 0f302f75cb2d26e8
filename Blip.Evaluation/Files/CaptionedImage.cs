namespace Blip.Evaluation;

/// <summary>A data set's image with people's captions.</summary>
/// <param name="Id">Its id in results.</param>
/// <param name="FileName">Its file, relative to the image folder; null if not given.</param>
/// <param name="Captions">People's captions; empty in a secret test set.</param>
public sealed record CaptionedImage(EntryId Id, string? FileName, IReadOnlyList<string> Captions);
