namespace Blip.Runtime.Generation;

/// <summary>The special tokens of generation, from the model's config.</summary>
/// <param name="Start">Begins every sequence (<c>bos_token_id</c>).</param>
/// <param name="Stop">Ends a sequence (<c>sep_token_id</c>).</param>
/// <param name="Pad">Fills ended rows of a batch (<c>pad_token_id</c>).</param>
internal readonly record struct SpecialTokens(int Start, int Stop, int Pad);
