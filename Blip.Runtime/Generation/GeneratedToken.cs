namespace Blip.Runtime.Generation;

/// <summary>A token, as soon as it has been chosen.</summary>
/// <param name="Image">Index in the batch.</param>
/// <param name="Sequence">Which of the image's sequences: 0 but for several samples.</param>
/// <param name="Token">The token; the stop token too.</param>
/// <param name="IsLast">Whether the sequence ends with it.</param>
internal readonly record struct GeneratedToken(int Image, int Sequence, int Token, bool IsLast);
