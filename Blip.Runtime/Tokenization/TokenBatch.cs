namespace Blip.Runtime.Tokenization;

/// <summary>Encoded texts, padded on the right to the longest.</summary>
/// <param name="Ids">Token ids, <c>[texts, tokens]</c> row-major.</param>
/// <param name="Mask">1 for a token, 0 for padding, <c>[texts, tokens]</c>.</param>
/// <param name="Texts">Rows.</param>
/// <param name="Tokens">Columns.</param>
internal sealed record TokenBatch(int[] Ids, int[] Mask, int Texts, int Tokens);
