using System.Globalization;

namespace Blip.Training.Metrics;

/// <summary>One curve of a chart.</summary>
/// <param name="Name">The metric's name.</param>
/// <param name="Steps">Steps, rising.</param>
/// <param name="Values">A finite value for each step.</param>
internal sealed record TrainingCurve(string Name, double[] Steps, double[] Values);

/// <summary>Curves over the same steps in one frame.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Curves">At least one curve.</param>
internal sealed record ChartPanel(string Title, IReadOnlyList<TrainingCurve> Curves)
{
    /// <summary>Size in pixels.</summary>
    public const int Width = 640, Height = 360;

    private const int Left = 90, Right = 20, Top = 30, Bottom = 40, TickLength = 4, LegendLine = 16, LegendKey = 24, LetterWidth = 7;
    private const int MostTicks = 7;
    private const string Ink = "#404040", Pale = "#dddddd";

    // From so many points on, the running mean covers the pale values.
    private const int SmoothedFrom = 100;

    // About the frame's columns of pixels.
    private const int MostPoints = 1000;

    private static readonly string[] Colors = ["#1f77b4", "#d65f0a", "#2ca02c", "#9467bd", "#8c564b", "#c02942"];

    /// <summary>Draws the panel with its top left at <paramref name="x"/>, <paramref name="y"/>.</summary>
    public void Draw(IChartSurface surface, int x, int y)
    {
        var across = Axis.Of(Curves.SelectMany(curve => curve.Steps), x + Left, x + Width - Right);
        var legend = Legend();
        var up = Axis.Of(Curves.SelectMany(curve => curve.Values), y + Height - Bottom, y + Top + (LegendLine * legend.Count));
        surface.Text(x + (Width / 2.0), y + (Top / 2.0), Words(Title), 0.5);
        surface.Text(x + (Width / 2.0), y + Height - (Bottom / 4.0), "step", 0.5);
        foreach (var tick in across.Ticks)
        {
            surface.Line([(across.At(tick), up.From), (across.At(tick), up.To)], Pale, 1);
            surface.Text(across.At(tick), up.From + (3 * TickLength), Number(tick), 0.5);
        }
        foreach (var tick in up.Ticks)
        {
            surface.Line([(across.From, up.At(tick)), (across.To, up.At(tick))], Pale, 1);
            surface.Text(across.From - TickLength, up.At(tick), Number(tick), 1);
        }
        surface.Line([(across.From, up.To), (across.From, up.From), (across.To, up.From)], Ink, 1);
        foreach (var (i, curve) in Curves.Index())
            Draw(surface, curve, Colors[i % Colors.Length], across, up);
        foreach (var (line, names) in legend.Index())
            DrawLegend(surface, x + Left, y + Top + (LegendLine * line), names);
    }

    /// <summary>The running mean, with fewer neighbours at the ends.</summary>
    internal static double[] Smooth(double[] values, int reach)
    {
        var sums = new double[values.Length + 1];
        for (var i = 0; i < values.Length; i++)
            sums[i + 1] = sums[i] + values[i];
        return
        [
            .. values.Select((_, i) =>
            {
                var (first, end) = (Math.Max(0, i - reach), Math.Min(values.Length, i + reach + 1));
                return (sums[end] - sums[first]) / (end - first);
            }),
        ];
    }

    private static void Draw(IChartSurface surface, TrainingCurve curve, string color, Axis across, Axis up)
    {
        var smoothed = curve.Values.Length >= SmoothedFrom;
        surface.Line(Points(curve.Values), color, smoothed ? 1 : 2, smoothed ? 0.3 : 1);
        if (smoothed)
            surface.Line(Points(Smooth(curve.Values, curve.Values.Length / 50)), color, 2);

        List<(double, double)> Points(double[] values) =>
            [.. Thin(curve.Steps, values).Select(point => (across.At(point.Step), up.At(point.Value)))];
    }

    /// <summary>
    /// As many points as a frame can show. Each group of neighbours keeps its least and greatest value, so that no peak is lost.
    /// </summary>
    internal static IEnumerable<(double Step, double Value)> Thin(double[] steps, double[] values)
    {
        var points = steps.Zip(values).ToList();
        return points.Count <= MostPoints
            ? points
            : points.Chunk((points.Count + (MostPoints / 2) - 1) / (MostPoints / 2))
                .SelectMany(some =>
                    new[] { some.MinBy(point => point.Second), some.MaxBy(point => point.Second) }.Distinct()
                        .OrderBy(point => point.First));
    }

    // The curves by lines above the frame; none for a single curve.
    private List<List<int>> Legend()
    {
        var (lines, left) = (new List<List<int>>(), 0);
        foreach (var (i, curve) in Curves.Index().Where(_ => Curves.Count > 1))
        {
            var width = LegendWidth(curve);
            if (lines.Count == 0 || width > left)
            {
                lines.Add([]);
                left = Width - Left - Right;
            }
            lines[^1].Add(i);
            left -= width;
        }
        return lines;
    }

    private void DrawLegend(IChartSurface surface, double x, double y, IEnumerable<int> names)
    {
        var middle = y + (LegendLine / 2.0);
        foreach (var i in names)
        {
            surface.Line([(x, middle), (x + LegendKey - TickLength, middle)], Colors[i % Colors.Length], 2);
            surface.Text(x + LegendKey, middle, Words(Curves[i].Name), 0);
            x += LegendWidth(Curves[i]);
        }
    }

    private static int LegendWidth(TrainingCurve curve) => LegendKey + (LetterWidth * (curve.Name.Length + 2));

    private static string Words(string name) => name.Replace('_', ' ');

    private static string Number(double value) =>
        value.ToString("G4", CultureInfo.InvariantCulture).Replace("+", "", StringComparison.Ordinal);

    /// <summary>Maps values to places along a side of the frame.</summary>
    private sealed record Axis(double Lowest, double Highest, double From, double To, IReadOnlyList<double> Ticks)
    {
        public static Axis Of(IEnumerable<double> values, double from, double to)
        {
            var all = values.ToList();
            var (low, high) = (all.Min(), all.Max());
            // A constant curve is in the middle.
            if (low == high)
                (low, high) = (low - (Math.Abs(low) * 0.5) - (low == 0 ? 1 : 0), high + (Math.Abs(high) * 0.5) + (high == 0 ? 1 : 0));
            var step = Step((high - low) / MostTicks);
            var first = (long)Math.Ceiling(low / step);
            var last = (long)Math.Floor(high / step);
            return new Axis(low, high, from, to, [.. Enumerable.Range(0, (int)(last - first + 1)).Select(i => (first + i) * step)]);
        }

        public double At(double value) => From + ((value - Lowest) / (Highest - Lowest) * (To - From));

        // Rounds up to 1, 2, 5 or 10 times a power of ten.
        private static double Step(double least)
        {
            var power = Math.Pow(10, Math.Floor(Math.Log10(least)));
            return power * ((double[])[1, 2, 5, 10]).First(factor => factor * power >= least * (1 - 1e-9));
        }
    }
}
