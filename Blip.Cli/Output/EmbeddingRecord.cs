namespace Blip.Cli.Output;

/// <summary>The vector of an image or a text.</summary>
/// <param name="Path">The image; null for a text.</param>
/// <param name="Text">The text; null for an image.</param>
/// <param name="Vector">The vector; null where there is none.</param>
/// <param name="Error">Why there is none.</param>
internal sealed record EmbeddingRecord(string? Path, string? Text, float[]? Vector, string? Error);
