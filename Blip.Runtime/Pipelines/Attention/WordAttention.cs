using Blip.Runtime.Imaging;

namespace Blip.Runtime.Pipelines;

/// <summary>Where the model looked while it said or read one word (<see cref="Models.AttentionMethod"/>), over the image's patches.</summary>
/// <param name="Word">The word, its pieces joined; a token id in digits where the model has no vocabulary.</param>
/// <param name="Height">Rows of patches.</param>
/// <param name="Width">Columns of patches.</param>
/// <param name="Values"><c>[height, width]</c>, row by row, scaled to 0 (least) … 1 (most).</param>
public sealed record WordAttention(string Word, int Height, int Width, IReadOnlyList<float> Values)
{
    /// <summary>
    /// The weights that 0 and 1 of <see cref="Values"/> stand for: the mean over layers, heads and the word's tokens of what a patch got of the
    /// softmax (of Grad-CAM, weight times gradient). By them maps of different words can be compared.
    /// </summary>
    public HeatRange Range { get; init; } = new(0, 1);

    /// <summary>Draws the map over the image; with the word and a colour bar beside it: <see cref="AttentionFigure"/>.</summary>
    /// <param name="image">The image.</param>
    /// <param name="range">The weights that the colours go from and to; null for <see cref="Range"/>.</param>
    public RgbImage Over(RgbImage image, HeatRange? range = null) => Heatmap.Overlay(image, [.. Values], Height, Width, Scale(range));

    /// <summary>A range of weights as one of <see cref="Values"/>; null for their own.</summary>
    internal HeatRange? Scale(HeatRange? weights)
    {
        if (weights is not { } range)
            return null;
        var inside = Range.Hottest - Range.Coldest;
        // An even map is zero everywhere: its one weight stands somewhere in the range.
        return inside > 0
            ? new HeatRange((range.Coldest - Range.Coldest) / inside, (range.Hottest - Range.Coldest) / inside)
            : new HeatRange(range.Coldest - Range.Coldest, range.Hottest - Range.Coldest);
    }
}

/// <summary>A text whose words looked at an image: a caption, a text beside it, a question, an answer.</summary>
/// <param name="Kind">Its kind, for a reader: <c>caption</c>.</param>
/// <param name="Words">Its words, and where each looked.</param>
/// <param name="Note">A further remark, such as how well it fits; null for none.</param>
public sealed record WordLine(string Kind, IReadOnlyList<WordAttention> Words, string? Note = null);
