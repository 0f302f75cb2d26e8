namespace Blip.Training.Metrics;

/// <summary>The surface of a chart. Places are in pixels of the page, from its top left.</summary>
internal interface IChartSurface
{
    /// <summary>Draws a line through points, or a dot where there is one alone.</summary>
    /// <param name="points">The points.</param>
    /// <param name="color">Its colour as <c>#rrggbb</c>.</param>
    /// <param name="width">Its width.</param>
    /// <param name="opacity">0 for nothing to be seen, 1 for nothing to shine through.</param>
    void Line(IReadOnlyList<(double X, double Y)> points, string color, double width, double opacity = 1);

    /// <summary>Writes a line of text.</summary>
    /// <param name="x">Where its part that <paramref name="align"/> names is.</param>
    /// <param name="y">Its middle.</param>
    /// <param name="text">The words.</param>
    /// <param name="align">0 for a text that begins at <paramref name="x"/>, 0.5 for its middle, 1 for its end.</param>
    void Text(double x, double y, string text, double align);
}
