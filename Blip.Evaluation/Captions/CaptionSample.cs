namespace Blip.Evaluation;

/// <summary>What a model said of an image, and what people said of it.</summary>
/// <param name="Candidate">The model's caption; it may be empty.</param>
/// <param name="References">The people's captions, one or more.</param>
public sealed record CaptionSample(string Candidate, IReadOnlyList<string> References);
