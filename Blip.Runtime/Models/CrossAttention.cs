namespace Blip.Runtime.Models;

/// <summary>Cross-attention probabilities of one sequence over its image.</summary>
/// <param name="Layers">Decoder layers.</param>
/// <param name="Heads">Heads of a layer.</param>
/// <param name="Tokens">Tokens of the sequence.</param>
/// <param name="ImageTokens">Image tokens, the class token first.</param>
/// <param name="Probabilities"><c>[layers, heads, tokens, image tokens]</c>, each row sums to 1.</param>
public sealed record CrossAttention(int Layers, int Heads, int Tokens, int ImageTokens, float[] Probabilities);
