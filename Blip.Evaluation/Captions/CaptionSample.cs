namespace Blip.Evaluation;

/// <summary>A model's caption of an image, and people's.</summary>
/// <param name="Candidate">The model's caption; may be empty.</param>
/// <param name="References">People's captions, one or more.</param>
public sealed record CaptionSample(string Candidate, IReadOnlyList<string> References);
