using Blip.Runtime.Imaging;

namespace Blip.Tests.Imaging;

public class HeatmapTests
{
    private static readonly RgbImage Gray = new(40, 20, Enumerable.Repeat((byte)128, 3 * 40 * 20).ToArray());

    [Fact]
    public void The_hottest_cell_is_the_brightest_and_heat_falls_off_around_it()
    {
        var overlay = Heatmap.Overlay(Gray, [0, 0, 0, 0, 0, 0, 0, 1], 2, 4);
        Assert.Equal((40, 20), (overlay.Width, overlay.Height));
        // Along the lower row of cells, from cold to hot.
        var lightness = Enumerable.Range(0, 40).Select(x => Lightness(overlay, x, 17)).ToArray();
        Assert.Equal(lightness.Order(), lightness);
        Assert.True(lightness[39] > lightness[0] + 200);
        Assert.Equal(Lightness(overlay, 0, 0), Lightness(overlay, 20, 0));
    }

    [Fact]
    public void Heat_is_relative() =>
        Assert.Equal(Heatmap.Overlay(Gray, [0, 1, 2, 4], 2, 2).Pixels, Heatmap.Overlay(Gray, [-10, 0, 10, 30], 2, 2).Pixels);

    [Fact]
    public void A_map_without_differences_is_all_cold()
    {
        var overlay = Heatmap.Overlay(Gray, [3, 3, 3, 3], 2, 2);
        Assert.All(Enumerable.Range(0, 800), i => Assert.Equal(overlay.Pixels[0], overlay.Pixels[3 * i]));
        Assert.Equal(97, overlay.Pixels[0]);
    }

    [Fact]
    public void The_image_shows_through()
    {
        var pixels = (byte[])Gray.Pixels.Clone();
        pixels[0] = 255;
        var (with, without) = (Heatmap.Overlay(new RgbImage(40, 20, pixels), [0, 1], 1, 2), Heatmap.Overlay(Gray, [0, 1], 1, 2));
        Assert.True(with.Pixels[0] > without.Pixels[0]);
        Assert.Equal(without.Pixels.Skip(1), with.Pixels.Skip(1));
    }

    [Fact]
    public void A_label_is_written_in_the_corner()
    {
        var large = new RgbImage(200, 120, new byte[3 * 200 * 120]);
        var (plain, labelled) = (Heatmap.Overlay(large, [0, 1], 1, 2), Heatmap.Overlay(large, [0, 1], 1, 2, "circle"));
        var changed = Enumerable.Range(0, 200 * 120).Where(i => !plain.Pixels.AsSpan(3 * i, 3).SequenceEqual(labelled.Pixels.AsSpan(3 * i, 3))).ToArray();
        Assert.All(changed, i => Assert.True(i % 200 < 39 && i / 200 < 11));
        // The letter I, second of six: three dots, five times one, three dots.
        var dots = Enumerable.Range(0, 7).Select(row => string.Concat(Enumerable.Range(0, 5).Select(column => labelled.Pixels[3 * (((row + 2) * 200) + 2 + 6 + column)] == 255 ? '#' : '.')));
        Assert.Equal([".###.", "..#..", "..#..", "..#..", "..#..", "..#..", ".###."], dots);
    }

    [Theory, InlineData("a word that is far too long for the image"), InlineData("日本語"), InlineData("it's [unk], #1!")]
    public void Any_label_can_be_written(string label) =>
        Assert.NotEqual(Heatmap.Overlay(Gray, [0, 1], 1, 2).Pixels, Heatmap.Overlay(Gray, [0, 1], 1, 2, label).Pixels);

    [Fact]
    public void Maps_that_are_none_are_refused()
    {
        Assert.Contains("3 values", Assert.Throws<ArgumentException>(() => Heatmap.Overlay(Gray, [1, 2, 3], 2, 2)).Message, StringComparison.Ordinal);
        Assert.Contains("NaN", Assert.Throws<ArgumentException>(() => Heatmap.Overlay(Gray, [1, float.NaN], 1, 2)).Message, StringComparison.Ordinal);
    }

    private static int Lightness(RgbImage image, int x, int y) => image.Pixels.AsSpan(3 * ((y * image.Width) + x), 3).ToArray().Sum(value => value);
}
