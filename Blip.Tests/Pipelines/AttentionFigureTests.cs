using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using SkiaSharp;

namespace Blip.Tests.Pipelines;

/// <summary>The places of label, image, colour bar and numbers, and their contents.</summary>
public class AttentionFigureTests
{
    private static readonly WordAttention Ring = new("ring", 2, 2, [0, 0.25f, 0.5f, 1]) { Range = new HeatRange(0.01f, 0.09f) };
    private static readonly WordAttention Star = new("star", 2, 2, [1, 0, 0, 0]) { Range = new HeatRange(0.002f, 0.03f) };
    private static readonly WordAttention Even = new("even", 2, 2, [0, 0, 0, 0]) { Range = new HeatRange(0.02f, 0.02f) };

    [Theory, InlineData(640, 480), InlineData(96, 96), InlineData(30, 200), InlineData(2000, 40), InlineData(1, 1)]
    public void No_part_covers_the_image(int width, int height)
    {
        var layout = AttentionFigure.Layout(width, height, Ring.Range);
        Assert.Equal((width, height), (layout.Image.Width, layout.Image.Height));
        var bar = layout.Bar!.Value;
        Assert.False(layout.Label.IntersectsWith(layout.Image));
        Assert.False(bar.IntersectsWith(layout.Image));
        Assert.False(layout.Label.IntersectsWith(bar));
        Assert.True(layout.Label.Bottom <= layout.Image.Top);
        Assert.True(bar.Right + AttentionFigure.NumbersWidth(Ring.Range, layout.Font) <= layout.Size.Width);
        Assert.True(bar.Height >= 3 * layout.Font, "three numbers do not cover each other");
        Assert.True(new SKRectI(0, 0, layout.Size.Width, layout.Size.Height) is var all && all.Contains(bar) && all.Contains(layout.Image));
    }

    [Fact]
    public void The_image_s_pixels_are_the_map_s_and_the_bar_s_ends_the_range_s()
    {
        var image = Photo(640, 480);
        foreach (var range in (HeatRange?[])[null, new HeatRange(0, 0.2f)])
        {
            var figure = AttentionFigure.Draw(image, Ring, range);
            var layout = AttentionFigure.Layout(640, 480, range ?? Ring.Range);
            var margin = FigureLayout.Gap(layout.Font);
            var bar = layout.Bar!.Value;
            Assert.Equal(Ring.Over(image, range).Pixels, Part(figure, layout.Image, margin));
            Assert.Equal(Colour(1), Part(figure, bar, margin)[..3]);
            Assert.Equal(Colour(0), Part(figure, bar, margin)[^3..]);
            // Letters are above the image, and beside the bar.
            Assert.Contains(Part(figure, layout.Label, margin), value => value < 128);
            Assert.Contains(Part(figure, new SKRectI(bar.Right, bar.Top, layout.Size.Width, bar.Bottom), margin), value => value < 200);
        }
        Assert.Equal(["0.09", "0.05", "0.01"], AttentionFigure.Numbers(Ring.Range));
        Assert.Equal(["0.0017", "0.00085", "3.2e-6"], AttentionFigure.Numbers(new HeatRange(3.2e-6f, 0.0017f)));
        Assert.Equal(["", "", "0.02"], AttentionFigure.Numbers(Even.Range));
    }

    [Fact]
    public void A_small_image_is_drawn_larger() => Assert.InRange(AttentionFigure.Draw(Photo(96, 96), Ring).Width, 320, 600);

    [Fact]
    public void On_one_scale_like_colours_are_like_weights()
    {
        var common = AttentionFigure.CommonRange([new WordLine("caption", [Ring, Star]), new WordLine("text", [Even])]);
        Assert.Equal(new HeatRange(0.002f, 0.09f), common);
        var gray = new RgbImage(8, 8, Enumerable.Repeat((byte)128, 192).ToArray());
        Assert.Equal(Expected(0.03f), Star.Over(gray, common).Pixels[..3]);
        Assert.Equal(Expected(0.02f), Even.Over(gray, common).Pixels[..3]);
        Assert.Equal(Expected(0.09f), Ring.Over(gray, common).Pixels[^3..]);
        Assert.Equal(default, AttentionFigure.CommonRange([]));

        // A map of the weight alone, on the same scale.
        byte[] Expected(float weight) => Heatmap.Overlay(gray, [weight], 1, 1, common).Pixels[..3];
    }

    [Theory, InlineData(false), InlineData(true)]
    public void A_sheet_has_the_image_and_every_word(bool commonScale)
    {
        WordLine[] lines = [new("caption", [.. Enumerable.Repeat(Ring, 12)]), new("text", [Star, Even], "fits with probability 0.9")];
        var sheet = Assert.Single(AttentionSheet.Of(Photo(480, 640), lines, commonScale));
        Assert.Equal([null, .. Enumerable.Repeat(Ring, 12), Star, Even], sheet.Cells.Select(cell => cell.Word));
        Assert.Equal(commonScale, sheet.Bar is not null);
        Assert.All(sheet.Cells, cell => Assert.Equal(commonScale, cell.Layout.Bar is null));

        var places = sheet.Cells.Select(cell => SKRectI.Create(cell.Left, cell.Top, cell.Layout.Size.Width, cell.Layout.Size.Height))
            .ToList();
        var page = new SKRectI(0, 0, sheet.Width, sheet.Height);
        Assert.All(places.Index(), one =>
            Assert.True(page.Contains(one.Item) && !places.Skip(one.Index + 1).Append(sheet.Bar ?? default).Any(one.Item.IntersectsWith)));

        var drawn = sheet.Draw();
        Assert.Equal((sheet.Width, sheet.Height), (drawn.Width, drawn.Height));
        var thumb = Part(drawn, sheet.Cells[0].Layout.Image, sheet.Cells[0].Left, sheet.Cells[0].Top);
        var range = commonScale ? AttentionFigure.CommonRange(lines) : (HeatRange?)null;
        foreach (var cell in sheet.Cells.Skip(1))
        {
            var small = new RgbImage(cell.Layout.Image.Width, cell.Layout.Image.Height, thumb);
            Assert.Equal(cell.Word!.Over(small, range).Pixels, Part(drawn, cell.Layout.Image, cell.Left, cell.Top));
            Assert.Contains(Part(drawn, cell.Layout.Label, cell.Left, cell.Top), value => value < 128);
        }
    }

    [Fact]
    public void What_one_sheet_has_no_room_for_stands_on_the_next()
    {
        WordLine[] lines =
            [.. Enumerable.Range(0, 40).Select(i => new WordLine($"text {i}", [.. Enumerable.Repeat(i % 2 == 0 ? Ring : Star, 9)]))];
        var sheets = AttentionSheet.Of(Photo(64, 64), lines);
        Assert.InRange(sheets.Count, 3, 8);
        Assert.All(sheets, sheet => Assert.InRange(sheet.Height, 1, 4200));
        Assert.Equal(lines.SelectMany(line => line.Words), sheets.SelectMany(sheet => sheet.Cells).Select(cell => cell.Word).Skip(1));
        Assert.Null(Assert.Single(Assert.Single(AttentionSheet.Of(Photo(64, 64), [new WordLine("caption", [])])).Cells).Word);
    }

    private static RgbImage Photo(int width, int height) =>
        new(width, height, [.. Enumerable.Range(0, 3 * width * height).Select(i => (byte)(i * 7))]);

    private static byte[] Colour(float heat)
    {
        var (red, green, blue) = Heatmap.Colour(heat);
        return [(byte)red, (byte)green, (byte)blue];
    }

    private static byte[] Part(RgbImage image, SKRectI part, int margin) => Part(image, part, margin, margin);

    private static byte[] Part(RgbImage image, SKRectI part, int left, int top) =>
    [
        .. Enumerable.Range(top + part.Top, part.Height)
            .SelectMany(y => image.Pixels.AsSpan(3 * ((y * image.Width) + left + part.Left), 3 * part.Width).ToArray()),
    ];
}
