using Blip.Runtime.Imaging;

namespace Blip.Runtime.Pipelines;

/// <summary>Where the model looked while it said or read one word (<see cref="Models.AttentionMethod"/>), over the image's patches.</summary>
/// <param name="Word">The word, its pieces joined; a token id in digits where the model has no vocabulary.</param>
/// <param name="Height">Rows of patches.</param>
/// <param name="Width">Columns of patches.</param>
/// <param name="Values"><c>[height, width]</c>, row by row, scaled to 0 (least) … 1 (most).</param>
public sealed record WordAttention(string Word, int Height, int Width, IReadOnlyList<float> Values)
{
    /// <summary>Draws the map over the image, the word in its corner.</summary>
    public RgbImage Over(RgbImage image) => Heatmap.Overlay(image, [.. Values], Height, Width, Word);
}

/// <summary>A text whose words looked at an image: a caption, a text beside it, a question, an answer.</summary>
/// <param name="Kind">Its kind, for a reader: <c>caption</c>.</param>
/// <param name="Words">Its words, and where each looked.</param>
/// <param name="Note">A further remark, such as how well it fits; null for none.</param>
public sealed record WordLine(string Kind, IReadOnlyList<WordAttention> Words, string? Note = null);
