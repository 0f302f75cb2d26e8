using Blip.Runtime.Imaging;

namespace Blip.Runtime.Pipelines;

/// <summary>Where the model looked for one word (<see cref="Models.AttentionMethod"/>), over the image's patches.</summary>
/// <param name="Word">The word; a token id in digits where the model has no vocabulary.</param>
/// <param name="Height">Rows of patches.</param>
/// <param name="Width">Columns of patches.</param>
/// <param name="Values"><c>[height, width]</c>, row by row, scaled to 0 (least) … 1 (most).</param>
public sealed record WordAttention(string Word, int Height, int Width, IReadOnlyList<float> Values)
{
    /// <summary>
    /// The weights that 0 and 1 of <see cref="Values"/> stand for, comparable between words. A patch's weight is its mean softmax over
    /// layers, heads and the word's tokens; for Grad-CAM, weight times gradient.
    /// </summary>
    public HeatRange Range { get; init; } = new(0, 1);

    /// <summary>Draws the map over the image; <see cref="AttentionFigure"/> adds the word and a colour bar.</summary>
    /// <param name="image">The image.</param>
    /// <param name="range">The weights of the colours' ends; null for <see cref="Range"/>.</param>
    public RgbImage Over(RgbImage image, HeatRange? range = null) => Heatmap.Overlay(image, [.. Values], Height, Width, Scale(range));

    /// <summary>Weights on the scale of <see cref="Values"/>; null for their range.</summary>
    internal HeatRange? Scale(HeatRange? weights)
    {
        if (weights is not { } range)
            return null;
        var inside = Range.Hottest - Range.Coldest;
        // An even map is zero everywhere. Its one weight lies somewhere in the range.
        return inside > 0
            ? new HeatRange((range.Coldest - Range.Coldest) / inside, (range.Hottest - Range.Coldest) / inside)
            : new HeatRange(range.Coldest - Range.Coldest, range.Hottest - Range.Coldest);
    }
}

/// <summary>A text whose words looked at an image.</summary>
/// <param name="Kind">Its kind, to show: <c>caption</c>.</param>
/// <param name="Words">Its words and their maps.</param>
/// <param name="Note">A further remark; null for none.</param>
public sealed record WordLine(string Kind, IReadOnlyList<WordAttention> Words, string? Note = null);
