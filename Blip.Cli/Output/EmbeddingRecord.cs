namespace Blip.Cli.Output;

/// <summary>The vector of an image (<paramref name="Path"/>) or of a text, or its error.</summary>
internal sealed record EmbeddingRecord(string? Path, string? Text, float[]? Vector, string? Error);
