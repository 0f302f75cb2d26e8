namespace Blip.Evaluation;

/// <summary>A model's caption of an image, and people's captions of it.</summary>
/// <param name="Candidate">The model's caption; it may be empty.</param>
/// <param name="References">The people's captions, one or more.</param>
public sealed record CaptionSample(string Candidate, IReadOnlyList<string> References);
