using System.Globalization;
using System.Text;
using SkiaSharp;

namespace Blip.Runtime.Imaging;

/// <summary>
/// Lines of text on a canvas, in the embedded DejaVu Sans: Skia without dependencies finds no font on Linux. Missing letters come from a
/// system font if Skia finds one, or else are boxes. Letters run from left to right.
/// </summary>
internal static class DrawnText
{
    private const string Font = "Blip.Runtime.Imaging.Fonts.DejaVuSans.ttf";
    private const string Ellipsis = "…";

    private static readonly SKTypeface Own = Load();
    private static readonly SKFont OwnLetters = new(Own);

    /// <summary>Height of a capital letter as a share of the font size.</summary>
    public const float CapitalHeight = 0.73f;

    /// <summary>Width of a line in pixels at a font size in pixels.</summary>
    public static float Width(string text, float size) => Runs(text).Sum(run =>
    {
        using var font = At(run.Typeface, size);
        return font.MeasureText(run.Text);
    });

    /// <summary>The text if it fits into <paramref name="room"/> pixels, or else its longest fitting beginning with an ellipsis.</summary>
    public static string Fit(string text, float size, float room)
    {
        if (Width(text, size) <= room)
            return text;
        var starts = StringInfo.ParseCombiningCharacters(text);
        // Binary search: widths grow with letters.
        var (fits, tooLong) = (0, starts.Length);
        while (fits + 1 < tooLong)
        {
            var middle = (fits + tooLong) / 2;
            if (Width(text[..starts[middle]].TrimEnd() + Ellipsis, size) <= room)
                fits = middle;
            else
                tooLong = middle;
        }
        return text[..starts[fits]].TrimEnd() + Ellipsis;
    }

    /// <summary>
    /// Draws a line of text and returns its width in pixels. Capitals stand on row <paramref name="baseline"/>; <paramref name="align"/>
    /// tells which point of the line is at <paramref name="x"/>.
    /// </summary>
    public static float Draw(
        SKCanvas canvas, string text, float x, float baseline, float size, SKColor color, SKTextAlign align = SKTextAlign.Left)
    {
        using var paint = new SKPaint { Color = color, IsAntialias = true };
        var width = Width(text, size);
        var left = align switch
        {
            SKTextAlign.Left => x,
            SKTextAlign.Center => x - (width / 2),
            SKTextAlign.Right => x - width,
            _ => throw new ArgumentOutOfRangeException(nameof(align), align, "There is no such alignment."),
        };
        foreach (var (part, typeface) in Runs(text))
        {
            using var font = At(typeface, size);
            canvas.DrawText(part, left, baseline, SKTextAlign.Left, font, paint);
            left += font.MeasureText(part);
        }
        return width;
    }

    private static SKTypeface Load()
    {
        using var stream = typeof(DrawnText).Assembly.GetManifestResourceStream(Font)
            ?? throw new InvalidOperationException($"The assembly holds no {Font}.");
        return SKTypeface.FromStream(stream) ?? throw new InvalidOperationException($"Skia cannot read {Font}.");
    }

    private static SKFont At(SKTypeface typeface, float size) =>
        new(typeface, size) { Edging = SKFontEdging.Antialias, Subpixel = true, Hinting = SKFontHinting.None };

    // Adjacent letters of one font form a run.
    private static List<(string Text, SKTypeface Typeface)> Runs(string text)
    {
        var runs = new List<(string Text, SKTypeface Typeface)>();
        foreach (var rune in text.EnumerateRunes())
        {
            // Control characters become blanks. Half a surrogate pair is an unknown letter.
            var letter = Rune.IsControl(rune) ? new Rune(' ') : rune;
            var typeface = OwnLetters.ContainsGlyph(letter.Value) ? Own : SKFontManager.Default.MatchCharacter(letter.Value) ?? Own;
            if (runs.Count > 0 && runs[^1].Typeface == typeface)
                runs[^1] = (runs[^1].Text + letter, typeface);
            else
                runs.Add((letter.ToString(), typeface));
        }
        return runs;
    }
}
