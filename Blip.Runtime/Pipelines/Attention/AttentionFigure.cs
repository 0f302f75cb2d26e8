using System.Globalization;
using Blip.Runtime.Imaging;
using SkiaSharp;

namespace Blip.Runtime.Pipelines;

/// <summary>Draws a word's map over the image, with the word and a colour bar.</summary>
public static class AttentionFigure
{
    // On smaller images, letters and patches are hard to see.
    private const int LeastSide = 320;

    private const float SmallestFont = 14, LargestFont = 64, SidePerFont = 36, NumberSize = 0.8f;

    internal static readonly SKColor Ink = new(0x22, 0x22, 0x22), Faint = new(0x6A, 0x68, 0x62), Page = SKColors.White;

    /// <summary>Draws one word.</summary>
    /// <param name="image">The image; a small one is enlarged a whole number of times.</param>
    /// <param name="word">The word and its map.</param>
    /// <param name="range">The weights of the colours' ends (<see cref="CommonRange"/>); null for the word's.</param>
    /// <returns>An image larger than the given one.</returns>
    public static RgbImage Draw(RgbImage image, WordAttention word, HeatRange? range = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(word);
        var side = Math.Max(image.Width, image.Height);
        using var bitmap = Bitmaps.Scaled(image, side * Math.Max(1, (LeastSide + side - 1) / side));
        var layout = Layout(bitmap.Width, bitmap.Height, range ?? word.Range);
        var margin = FigureLayout.Gap(layout.Font);
        using var figure = Bitmaps.Empty(layout.Size.Width + (2 * margin), layout.Size.Height + (2 * margin));
        using (var canvas = new SKCanvas(figure))
        {
            canvas.Clear(Page);
            canvas.Translate(margin, margin);
            Draw(canvas, layout, word.Word, word.Over(Bitmaps.ToImage(bitmap), range), range ?? word.Range);
        }
        return Bitmaps.ToImage(figure);
    }

    /// <summary>The least and the greatest weight of all words: a common scale for their colours.</summary>
    /// <param name="lines">The texts.</param>
    public static HeatRange CommonRange(IEnumerable<WordLine> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        HeatRange[] ranges = [.. lines.SelectMany(line => line.Words).Select(word => word.Range)];
        return ranges.Length == 0 ? default : new HeatRange(ranges.Min(range => range.Coldest), ranges.Max(range => range.Hottest));
    }

    internal static FigureLayout Layout(int width, int height, HeatRange range)
    {
        var font = Math.Clamp(MathF.Round(Math.Max(width, height) / SidePerFont), SmallestFont, LargestFont);
        return FigureLayout.Of(width, height, font, NumbersWidth(range, font));
    }

    internal static float NumbersWidth(HeatRange range, float font) =>
        Numbers(range).Max(number => DrawnText.Width(number, NumberSize * font));

    /// <summary>The numbers beside a colour bar, from its top: hottest, middle, coldest. An even map has one.</summary>
    internal static string[] Numbers(HeatRange range) => range.Hottest > range.Coldest
        ? [Number(range.Hottest), Number((range.Hottest + range.Coldest) / 2), Number(range.Coldest)]
        : ["", "", Number(range.Coldest)];

    internal static void Draw(SKCanvas canvas, FigureLayout layout, string label, RgbImage heat, HeatRange range)
    {
        var fitting = DrawnText.Fit(label, layout.Font, layout.Label.Width);
        DrawnText.Draw(canvas, fitting, layout.Label.Left, layout.Label.Bottom - (0.5f * layout.Font), layout.Font, Ink);
        using (var bitmap = Bitmaps.Of(heat))
            canvas.DrawBitmap(bitmap, layout.Image.Left, layout.Image.Top, new SKSamplingOptions(SKFilterMode.Nearest));
        if (layout.Bar is { } bar)
            DrawBar(canvas, bar, layout.Font, range);
    }

    /// <summary>Draws a colour bar, the hottest colour on top, with its numbers on the right.</summary>
    internal static void DrawBar(SKCanvas canvas, SKRectI bar, float font, HeatRange range)
    {
        using var paint = new SKPaint();
        for (var row = 0; row < bar.Height; row++)
        {
            var heat = range.Hottest > range.Coldest ? 1 - (row / (float)Math.Max(1, bar.Height - 1)) : 0;
            var (red, green, blue) = Heatmap.Colour(heat);
            paint.Color = new SKColor((byte)(red + 0.5f), (byte)(green + 0.5f), (byte)(blue + 0.5f));
            canvas.DrawRect(bar.Left, bar.Top + row, bar.Width, 1, paint);
        }
        var (size, left) = (NumberSize * font, bar.Right + (FigureLayout.Gap(font) / 2));
        var capital = size * DrawnText.CapitalHeight;
        float[] baselines = [bar.Top + capital, bar.MidY + (capital / 2), bar.Bottom];
        foreach (var (number, baseline) in Numbers(range).Zip(baselines))
            DrawnText.Draw(canvas, number, left, baseline, size, Faint);
    }

    // Two digits tell weights apart. In a large image they are far below 1.
    private static string Number(float value) =>
        value.ToString(value != 0 && (Math.Abs(value) < 1e-4f || Math.Abs(value) >= 100) ? "0.#e0" : "G2", CultureInfo.InvariantCulture);
}
