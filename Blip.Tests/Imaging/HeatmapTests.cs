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
    public void A_range_says_what_the_first_and_the_last_colour_stand_for()
    {
        var (own, wide) = (Heatmap.Overlay(Gray, [0, 1], 1, 2), Heatmap.Overlay(Gray, [0, 1], 1, 2, new HeatRange(0, 2)));
        Assert.Equal(own.Pixels[..3], wide.Pixels[..3]);
        Assert.True(Lightness(own, 39, 0) > Lightness(wide, 39, 0));
        // The middle of the range is the middle of the colours, and values outside have the colour of their end.
        Assert.Equal(Heatmap.Overlay(Gray, [0.5f], 1, 1, new HeatRange(0, 1)).Pixels[..3], wide.Pixels[^3..]);
        Assert.Equal(own.Pixels[^3..], Heatmap.Overlay(Gray, [0, 7], 1, 2, new HeatRange(0, 1)).Pixels[^3..]);
        Assert.Equal(Heatmap.Layer([0, 1, 2], 1, 3)[..8], Heatmap.Layer([0, 1], 1, 2, new HeatRange(0, 2)));
    }

    [Fact]
    public void Maps_that_are_none_are_refused()
    {
        Assert.Contains("3 values", Assert.Throws<ArgumentException>(() => Heatmap.Overlay(Gray, [1, 2, 3], 2, 2)).Message,
            StringComparison.Ordinal);
        Assert.Contains("NaN", Assert.Throws<ArgumentException>(() => Heatmap.Overlay(Gray, [1, float.NaN], 1, 2)).Message,
            StringComparison.Ordinal);
    }

    private static int Lightness(RgbImage image, int x, int y) =>
        image.Pixels.AsSpan(3 * ((y * image.Width) + x), 3).ToArray().Sum(value => value);
}
