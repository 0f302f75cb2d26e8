namespace Blip.Runtime.Models;

/// <summary>Sizes of a run over texts and images.</summary>
/// <param name="Rows">Texts; 0 for none.</param>
/// <param name="Tokens">Tokens of the longest.</param>
/// <param name="Images">Images that may be looked at; 0 for none.</param>
/// <param name="ImageTokens">Tokens of an image.</param>
internal readonly record struct TextSizes(int Rows, int Tokens, int Images, int ImageTokens)
{
    /// <summary>The symbols of the graphs that have these sizes.</summary>
    public IEnumerable<(string Symbol, int Size)> Symbols =>
        [("rows", Rows), ("tokens", Tokens), ("images", Images), ("image_tokens", ImageTokens)];
}
