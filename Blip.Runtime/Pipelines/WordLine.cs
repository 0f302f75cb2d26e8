namespace Blip.Runtime.Pipelines;

/// <summary>A text whose words looked at an image: a caption, a text beside it, a question, an answer.</summary>
/// <param name="Kind">What it is, for a reader: <c>caption</c>.</param>
/// <param name="Words">Its words, and where each looked.</param>
/// <param name="Note">What else is to be said of it, such as how well it fits; null for nothing.</param>
public sealed record WordLine(string Kind, IReadOnlyList<WordAttention> Words, string? Note = null);
