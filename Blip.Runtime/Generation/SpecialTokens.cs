namespace Blip.Runtime.Generation;

/// <summary>The ids that steer generation, as a model's config gives them.</summary>
/// <param name="Start">First token of every sequence (<c>bos_token_id</c>).</param>
/// <param name="Stop">The token that ends a sequence (<c>sep_token_id</c>).</param>
/// <param name="Pad">Fills rows of a batch that have ended (<c>pad_token_id</c>).</param>
internal readonly record struct SpecialTokens(int Start, int Stop, int Pad);
