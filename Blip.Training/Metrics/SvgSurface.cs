using System.Globalization;
using System.Net;
using System.Text;

namespace Blip.Training.Metrics;

/// <summary>A chart as SVG, with the viewer's fonts.</summary>
internal sealed class SvgSurface(int width, int height) : IChartSurface
{
    private readonly StringBuilder content = new();

    public void Line(IReadOnlyList<(double X, double Y)> points, string color, double width, double opacity = 1)
    {
        // A line of zero length with round ends is a dot.
        var all = points.Count == 1 ? [points[0], points[0]] : points;
        content.Append("<polyline fill=\"none\" stroke-linecap=\"round\" stroke-linejoin=\"round\" stroke=\"").Append(color)
            .Append("\" stroke-width=\"").Append(Number(points.Count == 1 ? 3 * width : width))
            .Append("\" stroke-opacity=\"").Append(Number(opacity)).Append("\" points=\"")
            .AppendJoin(' ', all.Select(point => $"{Number(point.X)},{Number(point.Y)}")).Append("\"/>\n");
    }

    public void Text(double x, double y, string text, double align) =>
        content.Append("<text font-family=\"sans-serif\" font-size=\"12\" dominant-baseline=\"central\" text-anchor=\"")
            .Append(align == 0 ? "start" : align == 1 ? "end" : "middle")
            .Append("\" x=\"").Append(Number(x)).Append("\" y=\"").Append(Number(y))
            .Append("\">").Append(WebUtility.HtmlEncode(text)).Append("</text>\n");

    /// <summary>The SVG element.</summary>
    public override string ToString() =>
        $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n"
            + $"{content}</svg>";

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
