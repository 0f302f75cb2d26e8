using System.Globalization;
using System.Text;
using SkiaSharp;

namespace Blip.Runtime.Imaging;

/// <summary>
/// Lines of text on a canvas, in DejaVu Sans, which is in the assembly: Skia's build without dependencies finds no font on Linux. A letter
/// that the subset lacks comes from a font of the system where Skia finds one, and else is a box. Letters stand one behind another, from left
/// to right.
/// </summary>
internal static class DrawnText
{
    private const string Font = "Blip.Runtime.Imaging.Fonts.DejaVuSans.ttf";
    private const string Ellipsis = "…";

    private static readonly SKTypeface Own = Load();
    private static readonly SKFont OwnLetters = new(Own);

    /// <summary>Height of a capital letter, as a share of the font's size.</summary>
    public const float CapitalHeight = 0.73f;

    /// <summary>Pixels that a line of text takes.</summary>
    /// <param name="text">The letters.</param>
    /// <param name="size">The font's size, in pixels.</param>
    public static float Width(string text, float size) => Runs(text).Sum(run =>
    {
        using var font = At(run.Typeface, size);
        return font.MeasureText(run.Text);
    });

    /// <summary>The text where it fits, else as much of its beginning as fits with an ellipsis behind it.</summary>
    /// <param name="text">The letters.</param>
    /// <param name="size">The font's size, in pixels.</param>
    /// <param name="room">The pixels that there are.</param>
    public static string Fit(string text, float size, float room)
    {
        if (Width(text, size) <= room)
            return text;
        var starts = StringInfo.ParseCombiningCharacters(text);
        // The longest beginning that fits: widths grow with letters.
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

    /// <summary>Draws a line of text.</summary>
    /// <param name="canvas">Where to.</param>
    /// <param name="text">The letters.</param>
    /// <param name="x">Where it begins, ends or has its middle, as <paramref name="align"/> says.</param>
    /// <param name="baseline">The row that capitals stand on.</param>
    /// <param name="size">The font's size, in pixels.</param>
    /// <param name="color">The letters' colour.</param>
    /// <param name="align">The meaning of <paramref name="x"/>.</param>
    /// <returns>The line's width, in pixels.</returns>
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

    // Neighbours of one font stay together.
    private static List<(string Text, SKTypeface Typeface)> Runs(string text)
    {
        var runs = new List<(string Text, SKTypeface Typeface)>();
        foreach (var rune in text.EnumerateRunes())
        {
            // A line break is no letter. Half a surrogate pair is one that is unknown.
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
