using System.Globalization;
using System.Net;
using System.Text;

namespace Blip.Training.Metrics;

/// <summary>A run's metrics as a PNG or a self-contained page.</summary>
internal sealed class TrainingPlot
{
    private const int Columns = 2;

    private readonly string title;

    /// <summary>The plot of some measurements.</summary>
    /// <exception cref="TrainingException">There is nothing to draw.</exception>
    public TrainingPlot(string title, IEnumerable<MetricLine> lines)
    {
        this.title = title;
        var points = lines.SelectMany(line => line.Values.Select(value => (value.Key, line.Step, value.Value)))
            .Where(point => double.IsFinite(point.Value));
        Panels =
        [
            .. points.GroupBy(point => point.Key)
                .Select(one => new TrainingCurve(
                    one.Key, [.. one.Select(point => (double)point.Step)], [.. one.Select(point => point.Value)]))
                .GroupBy(curve => curve.Name.Split('/')[0])
                .Select(panel => new ChartPanel(panel.Count() == 1 ? panel.Single().Name : panel.Key, [.. panel])),
        ];
        if (Panels.Count == 0)
            throw new TrainingException($"{title}: there are no metrics to plot.");
    }

    /// <summary>The frames. Names with the same part before the slash share one.</summary>
    public IReadOnlyList<ChartPanel> Panels { get; }

    private int Width => ChartPanel.Width * Math.Min(Columns, Panels.Count);

    private int Height => ChartPanel.Height * ((Panels.Count + Columns - 1) / Columns);

    /// <summary>Reads the metrics of a run's folder.</summary>
    /// <exception cref="TrainingException">They are missing or unreadable.</exception>
    public static TrainingPlot Load(string folder) =>
        new(Path.GetFileName(Path.GetFullPath(folder)), MetricsFile.Read(Path.Combine(folder, MetricsFile.Name)));

    public byte[] ToPng()
    {
        using var surface = new RasterSurface(Width, Height);
        Draw(surface);
        return surface.ToPng();
    }

    /// <summary>A page of the curves as SVG, and a table of their first, least, greatest and last values.</summary>
    public string ToHtml()
    {
        var surface = new SvgSurface(Width, Height);
        Draw(surface);
        var name = WebUtility.HtmlEncode(title);
        var page = new StringBuilder();
        page.Append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>").Append(name).Append("</title>\n")
            .Append("<style>body{font-family:sans-serif;margin:2em}svg{max-width:100%;height:auto}td,th{padding:.2em 1em;text-align:right}")
            .Append("td:first-child,th:first-child{text-align:left}</style></head>\n<body><h1>").Append(name).Append("</h1>\n")
            .Append(surface).Append('\n')
            .Append("<table><tr><th>metric</th><th>values</th><th>first</th><th>least</th><th>greatest</th><th>last</th></tr>\n");
        foreach (var curve in Panels.SelectMany(panel => panel.Curves))
        {
            page.Append("<tr><td>").Append(WebUtility.HtmlEncode(curve.Name)).Append("</td><td>")
                .Append(curve.Steps.Length).Append("</td>");
            foreach (var value in (double[])[curve.Values[0], curve.Values.Min(), curve.Values.Max(), curve.Values[^1]])
                page.Append("<td>").Append(value.ToString("G5", CultureInfo.InvariantCulture)).Append("</td>");
            page.Append("</tr>\n");
        }
        return page.Append("</table></body></html>\n").ToString();
    }

    private void Draw(IChartSurface surface)
    {
        foreach (var (i, panel) in Panels.Index())
            panel.Draw(surface, i % Columns * ChartPanel.Width, i / Columns * ChartPanel.Height);
    }
}
