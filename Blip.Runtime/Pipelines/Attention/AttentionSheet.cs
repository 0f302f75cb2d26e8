using Blip.Runtime.Imaging;
using SkiaSharp;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// A contact sheet: a small image, and beside it the map of every word of its texts. Words without room go on the next sheet.
/// </summary>
public sealed class AttentionSheet
{
    private const int CellSide = 240, NarrowestCell = 96, MostColumns = 5, MostHeight = 4096;
    private const float Font = 16;

    private static readonly int Gap = FigureLayout.Gap(Font);
    private static readonly int TitleHeight = 2 * (int)Font;

    private readonly RgbImage image;
    private readonly HeatRange? common;
    private readonly List<Title> titles = [];
    private readonly List<Cell> cells = [];

    private AttentionSheet(RgbImage image, HeatRange? common, int width) => (this.image, this.common, Width) = (image, common, width);

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; private set; }

    internal IReadOnlyList<Cell> Cells => cells;

    /// <summary>The common colour bar, beside the first map; null where each map has one.</summary>
    internal SKRectI? Bar => common is { } range && cells is [var first, ..]
        ? FigureLayout.BarAt(
            Width - (2 * Gap) - (Gap / 2) - (int)MathF.Ceiling(AttentionFigure.NumbersWidth(range, Font)),
            first.Top + first.Layout.Image.Top, first.Layout.Image.Height, Font)
        : null;

    /// <summary>Lays out an image's texts.</summary>
    /// <param name="image">The image.</param>
    /// <param name="lines">The image's texts.</param>
    /// <param name="commonScale">Whether all words share one colour scale (<see cref="AttentionFigure.CommonRange"/>).</param>
    /// <returns>One sheet or more, not drawn yet.</returns>
    public static IReadOnlyList<AttentionSheet> Of(RgbImage image, IReadOnlyList<WordLine> lines, bool commonScale = false)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(lines);
        using var bitmap = Bitmaps.Scaled(image, CellSide);
        var small = Bitmaps.ToImage(bitmap);
        HeatRange? common = commonScale ? AttentionFigure.CommonRange(lines) : null;
        var numbers = lines.SelectMany(line => line.Words).Select(word => AttentionFigure.NumbersWidth(common ?? word.Range, Font));
        var bars = numbers.DefaultIfEmpty(0).Max();
        var layout = FigureLayout.Of(small.Width, small.Height, Font, commonScale ? null : bars);
        // The image alone stands before the first word.
        var rows = lines.Index().Select(line => Rows([.. line.Index == 0 ? (WordAttention?[])[null] : [], .. line.Item.Words])).ToList();
        var columns = rows.SelectMany(row => row).Select(row => row.Length).DefaultIfEmpty(1).Max();
        var pitch = Math.Max(layout.Size.Width, NarrowestCell) + Gap;
        var width = (2 * Gap) + (columns * pitch) + (commonScale ? (2 * Gap) + (int)MathF.Ceiling(bars) : 0);

        var sheets = new List<AttentionSheet> { new(small, common, width) };
        var y = Gap;
        foreach (var (line, cells) in lines.Zip(rows))
        {
            foreach (var (number, row) in cells.Index())
            {
                var height = (number == 0 ? TitleHeight : 0) + layout.Size.Height + Gap;
                if (y > Gap && y + height > MostHeight)
                {
                    sheets.Add(new AttentionSheet(small, common, width));
                    y = Gap;
                }
                if (number == 0)
                    sheets[^1].titles.Add(new Title(line, y));
                var top = y + height - Gap - layout.Size.Height;
                sheets[^1].cells.AddRange(row.Select((word, column) => new Cell(word, Gap + (column * pitch), top, layout)));
                y += height;
                sheets[^1].Height = y;
            }
        }
        return sheets;
    }

    /// <summary>Draws the sheet.</summary>
    public RgbImage Draw()
    {
        using var sheet = Bitmaps.Empty(Width, Height);
        using (var canvas = new SKCanvas(sheet))
        {
            canvas.Clear(AttentionFigure.Page);
            foreach (var title in titles)
                Draw(canvas, title);
            foreach (var cell in cells)
                Draw(canvas, cell);
            if (Bar is { } bar)
                AttentionFigure.DrawBar(canvas, bar, Font, common!.Value);
        }
        return Bitmaps.ToImage(sheet);
    }

    // Rows of nearly one length: 8 words are 4 and 4, not 5 and 3.
    private static List<WordAttention?[]> Rows(List<WordAttention?> words)
    {
        var count = Math.Max(1, (words.Count + MostColumns - 1) / MostColumns);
        return [.. words.Chunk(Math.Max(1, (words.Count + count - 1) / count)).DefaultIfEmpty([])];
    }

    private void Draw(SKCanvas canvas, Title title)
    {
        var (baseline, room) = (title.Y + (1.25f * Font), (float)Width - (2 * Gap));
        var text = $"{title.Line.Kind}: {string.Join(' ', title.Line.Words.Select(word => word.Word))}";
        var drawn = DrawnText.Draw(canvas, DrawnText.Fit(text, Font, room), Gap, baseline, Font, AttentionFigure.Ink) + (2 * Gap);
        if (title.Line.Note is { } note && drawn < room)
            DrawnText.Draw(canvas, DrawnText.Fit(note, Font, room - drawn), Gap + drawn, baseline, Font, AttentionFigure.Faint);
    }

    private void Draw(SKCanvas canvas, Cell cell)
    {
        canvas.Save();
        canvas.Translate(cell.Left, cell.Top);
        if (cell.Word is { } word)
            AttentionFigure.Draw(canvas, cell.Layout, word.Word, word.Over(image, common), common ?? word.Range);
        else
            AttentionFigure.Draw(canvas, cell.Layout with { Bar = null }, "image", image, default);
        canvas.Restore();
    }

    /// <summary>A word's place; without a word, that of the image alone.</summary>
    internal readonly record struct Cell(WordAttention? Word, int Left, int Top, FigureLayout Layout);

    private readonly record struct Title(WordLine Line, int Y);
}
