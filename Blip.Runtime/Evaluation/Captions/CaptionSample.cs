namespace Blip.Runtime.Evaluation;

/// <summary>What a model said of a picture, and what people said of it.</summary>
/// <param name="Candidate">The model's caption; it may be empty.</param>
/// <param name="References">The people's captions, one or more.</param>
public sealed record CaptionSample(string Candidate, IReadOnlyList<string> References);
