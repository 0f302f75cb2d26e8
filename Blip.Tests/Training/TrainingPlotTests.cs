using Blip.Runtime.Imaging;
using Blip.Training;
using Blip.Training.Metrics;

namespace Blip.Tests.Training;

public class TrainingPlotTests
{
    [Fact]
    public void Curves_are_drawn_as_PNG_and_in_a_page()
    {
        using var folder = new TemporaryFolder();
        using (var log = new MetricsLog(folder.Path))
        {
            for (var step = 1; step <= 400; step++)
            {
                var noise = Math.Sin(step * 12.9898) * 0.2;
                log.Write(step, step / 100, [
                    new("loss/itc", 2 + (4 * Math.Exp(-step / 80.0)) + noise),
                    new("loss/itm", 0.2 + (0.4 * Math.Exp(-step / 120.0)) + (noise / 5)),
                    new("loss/lm", 1.5 + (8 * Math.Exp(-step / 60.0)) + noise), new("learning_rate", 1e-5 * (400 - step) / 400),
                    new("gradient_norm", 3 + noise)]);
                if (step % 100 == 0)
                    log.Write(step, step / 100, [new("validation/cider <all>", step / 400.0)]);
            }
        }

        var plot = TrainingPlot.Load(folder.Path);
        var (png, page) = (plot.ToPng(), plot.ToHtml());

        Assert.Equal(["loss", "learning_rate", "gradient_norm", "validation/cider <all>"], plot.Panels.Select(panel => panel.Title));
        Assert.Equal(["loss/itc", "loss/itm", "loss/lm"], plot.Panels[0].Curves.Select(curve => curve.Name));
        Assert.Equal(400, plot.Panels[0].Curves[0].Steps.Length);
        var image = ImageDecoder.Decode(png);
        Assert.Equal((4 * ChartPanel.Width, 4 * ChartPanel.Height), (image.Width, image.Height));
        // Each panel has colours of curves in it, and not the paper alone.
        foreach (var (x, y) in ((int, int)[])[(0, 0), (1280, 0), (0, 720), (1280, 720)])
            Assert.True(ColouredPixels(image, x, y) > 1000, $"the panel at {x}, {y} shows no curve");
        // Six curves, and three lines of a legend.
        Assert.Equal(9, page.Split("stroke-width=\"2\"").Length - 1);
        Assert.Contains(">learning rate</text>", page, StringComparison.Ordinal);
        Assert.Contains(
            "<td>validation/cider &lt;all&gt;</td><td>4</td><td>0.25</td><td>0.25</td><td>1</td><td>1</td>",
            page,
            StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
    }

    /// <summary>A page of a long run stays as small as a short one's, and shows its one bad step.</summary>
    [Fact]
    public void A_long_run_is_thinned_and_keeps_its_peaks()
    {
        var steps = Enumerable.Range(1, 50_000).Select(step => (double)step).ToArray();
        var values = steps.Select(step => step == 31_415 ? 99 : 1 / step).ToArray();

        var thinned = ChartPanel.Thin(steps, values).ToList();

        Assert.InRange(thinned.Count, 500, 1000);
        Assert.Contains((31_415, 99), thinned);
        Assert.Equal(thinned.OrderBy(point => point.Step), thinned);
        var lines = steps.Select(step => new MetricLine((long)step, 0, default, [new("loss", step % 7)]));
        Assert.InRange(new TrainingPlot("run", lines).ToHtml().Length, 10_000, 60_000);
    }

    /// <summary>Long names take separate lines, above the frame.</summary>
    [Fact]
    public void A_legend_stands_above_the_curves()
    {
        var names = Enumerable.Range(0, 6).Select(i => $"loss/an objective with a long name {i}").ToList();
        var lines = Enumerable.Range(1, 5)
            .Select(step => new MetricLine(step, 0, default, [.. names.Select(name => KeyValuePair.Create(name, 1.0 * step))]));
        var surface = new Surface();
        new TrainingPlot("run", lines).Panels[0].Draw(surface, 0, 0);

        var highest = surface.Lines.Where(line => line.Count == 5).SelectMany(line => line).Min(point => point.Y);
        Assert.All(names, name => Assert.True(surface.Texts[name].Y < highest, name));
        Assert.All(names, name => Assert.InRange(surface.Texts[name].X, 0, ChartPanel.Width - (6 * name.Length)));
    }

    private sealed class Surface : IChartSurface
    {
        public List<IReadOnlyList<(double X, double Y)>> Lines { get; } = [];

        public Dictionary<string, (double X, double Y)> Texts { get; } = [];

        public void Line(IReadOnlyList<(double X, double Y)> points, string color, double width, double opacity = 1) => Lines.Add(points);

        public void Text(double x, double y, string text, double align) => Texts[text] = (x, y);
    }

    [Fact]
    public void Nothing_to_plot_is_told()
    {
        using var folder = new TemporaryFolder();

        Assert.Contains(MetricsFile.Name, Refused(), StringComparison.Ordinal);
        folder.Write(MetricsFile.Name, "no line of metrics\n{\"step\":1}\n");
        Assert.Contains("no metrics", Refused(), StringComparison.Ordinal);

        string Refused() => Assert.Throws<TrainingException>(() => TrainingPlot.Load(folder.Path)).Message;
    }

    [Fact]
    public void A_single_measurement_is_drawn_too()
    {
        var plot = new TrainingPlot("one", [new MetricLine(1, 0, DateTimeOffset.UnixEpoch, [new("loss", 1), new("bad", double.NaN)])]);

        Assert.Equal(["loss"], plot.Panels.Select(panel => panel.Title));
        Assert.True(ColouredPixels(ImageDecoder.Decode(plot.ToPng()), 0, 0) > 50);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    [InlineData(1e-9)]
    [InlineData(1e30)]
    public void A_curve_that_never_moves_has_an_axis(double value)
    {
        var plot = new TrainingPlot(
            "flat", Enumerable.Range(1, 3).Select(i => new MetricLine(i, 0, DateTimeOffset.UnixEpoch, [new("loss", value)])));

        Assert.True(ColouredPixels(ImageDecoder.Decode(plot.ToPng()), 0, 0) > 500);
        Assert.DoesNotContain("NaN", plot.ToHtml(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_running_mean_is_that_of_the_neighbours() =>
        Assert.Equal([1.5, 2, 3, 4, 4.5], ChartPanel.Smooth([1, 2, 3, 4, 5], 1));

    private static int ColouredPixels(RgbImage image, int left, int top)
    {
        var count = 0;
        for (var y = top; y < top + (2 * ChartPanel.Height); y++)
        {
            for (var x = left; x < left + (2 * ChartPanel.Width); x++)
            {
                var pixel = image.Pixels.AsSpan(3 * ((y * image.Width) + x), 3);
                count += Math.Max(pixel[0], Math.Max(pixel[1], pixel[2])) - Math.Min(pixel[0], Math.Min(pixel[1], pixel[2])) > 40 ? 1 : 0;
            }
        }
        return count;
    }
}
