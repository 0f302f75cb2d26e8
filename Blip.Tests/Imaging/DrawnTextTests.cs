using Blip.Runtime.Imaging;
using SkiaSharp;

namespace Blip.Tests.Imaging;

/// <summary>Letters that Blip draws.</summary>
public class DrawnTextTests
{
    [Theory]
    [InlineData("circle")]
    [InlineData("Füße, ÇŁŹ ŧ")]
    [InlineData("λόγος")]
    [InlineData("круг ґ")]
    [InlineData("it's [unk], #1! “—” …")]
    public void Latin_Greek_and_Cyrillic_have_letters_of_their_own(string text)
    {
        var box = Drawn("\u0e01");
        foreach (var letter in text.Where(letter => letter != ' '))
        {
            var drawn = Drawn(letter.ToString());
            Assert.Contains(drawn.Pixels, value => value < 255);
            Assert.NotEqual(box.Pixels, drawn.Pixels);
        }
    }

    [Fact]
    public void Edges_are_smooth()
    {
        var grays = Drawn("O").Pixels.Distinct().Count();
        Assert.True(grays > 20, $"{grays} shades of gray are in an O.");
    }

    [Theory, InlineData("日本語"), InlineData("\U0001F600"), InlineData("กข"), InlineData("\ud800")]
    public void What_has_no_letter_is_seen(string text) => Assert.Contains(Drawn(text).Pixels, value => value < 128);

    [Fact]
    public void A_line_is_as_wide_as_it_says()
    {
        const string Text = "skateboarder";
        using var bitmap = Bitmaps.Empty(400, 60);
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(SKColors.White);
        var width = DrawnText.Draw(canvas, Text, 300, 40, 30, SKColors.Black, SKTextAlign.Right);
        Assert.Equal(DrawnText.Width(Text, 30), width);
        var image = Bitmaps.ToImage(bitmap);
        var columns = Enumerable.Range(0, 400).Where(x => Enumerable.Range(0, 60).Any(y => image.Pixels[3 * ((y * 400) + x)] < 128))
            .ToList();
        Assert.InRange(columns[0], 300 - width - 1, 300 - width + 4);
        Assert.InRange(columns[^1], 296, 300);
    }

    [Theory, InlineData(50), InlineData(100), InlineData(20)]
    public void A_text_that_is_too_long_ends_in_an_ellipsis(int room)
    {
        var text = DrawnText.Fit("a very long word indeed", 16, room);
        Assert.EndsWith("…", text, StringComparison.Ordinal);
        Assert.True(DrawnText.Width(text, 16) <= room);
        Assert.StartsWith(text[..^1], "a very long word indeed", StringComparison.Ordinal);
        Assert.Equal("short", DrawnText.Fit("short", 16, 100));
    }

    private static RgbImage Drawn(string text)
    {
        using var bitmap = Bitmaps.Empty(160, 60);
        using (var canvas = new SKCanvas(bitmap))
        {
            canvas.Clear(SKColors.White);
            DrawnText.Draw(canvas, text, 5, 45, 40, SKColors.Black);
        }
        return Bitmaps.ToImage(bitmap);
    }
}
