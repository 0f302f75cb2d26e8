namespace Blip.Runtime.Models;

/// <summary>
/// Where the tokens of one sequence looked in its image: cross-attention probabilities, or what a method made of them
/// (<see cref="AttentionMethod"/>), which has one layer and one head.
/// </summary>
/// <param name="Layers">Layers of the text's tower.</param>
/// <param name="Heads">Heads of a layer.</param>
/// <param name="Tokens">Tokens of the sequence.</param>
/// <param name="ImageTokens">Image tokens, the class token first.</param>
/// <param name="Probabilities"><c>[layers, heads, tokens, image tokens]</c>, each row of probabilities sums to 1.</param>
internal sealed record CrossAttention(int Layers, int Heads, int Tokens, int ImageTokens, float[] Probabilities);
