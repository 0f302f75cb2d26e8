namespace Blip.Runtime.Tokenization;

/// <summary>
/// Ids from the model's configs; null for the vocabulary's. Ids outside the vocabulary, such as BLIP's [DEC] and [ENC], decode to nothing.
/// </summary>
/// <param name="Class">Opens an encoded text.</param>
/// <param name="Separator">Closes an encoded or generated text (<c>sep_token_id</c>).</param>
/// <param name="Padding">Fills shorter rows (<c>pad_token_id</c>).</param>
/// <param name="Start">Opens a generated text (<c>bos_token_id</c>, [DEC]).</param>
internal sealed record SpecialTokenIds(int? Class = null, int? Separator = null, int? Padding = null, int? Start = null);
