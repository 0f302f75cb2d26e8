namespace Blip.Runtime.Tokenization;

/// <summary>
/// Ids that the model's configs give; null: the vocabulary's own. Ids outside of the vocabulary, as [DEC] and [ENC] are
/// in every BLIP checkpoint, decode to nothing.
/// </summary>
/// <param name="Class">Opens an encoded text.</param>
/// <param name="Separator">Closes an encoded text, and a generated one (<c>sep_token_id</c>).</param>
/// <param name="Padding">Fills the shorter rows of a batch (<c>pad_token_id</c>).</param>
/// <param name="Start">Opens a generated text (<c>bos_token_id</c>, [DEC]).</param>
internal sealed record SpecialTokenIds(int? Class = null, int? Separator = null, int? Padding = null, int? Start = null);
