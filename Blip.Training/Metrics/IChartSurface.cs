namespace Blip.Training.Metrics;

/// <summary>The surface of a chart, in pixels of the page from its top left.</summary>
internal interface IChartSurface
{
    /// <summary>Draws a line through points, or a dot for a single point.</summary>
    /// <param name="points">The points.</param>
    /// <param name="color">Its colour as <c>#rrggbb</c>.</param>
    /// <param name="width">Its width.</param>
    /// <param name="opacity">0 is transparent, 1 opaque.</param>
    void Line(IReadOnlyList<(double X, double Y)> points, string color, double width, double opacity = 1);

    /// <summary>Writes a line of text.</summary>
    /// <param name="x">The horizontal place.</param>
    /// <param name="y">Its middle.</param>
    /// <param name="text">The text.</param>
    /// <param name="align">0: the text begins at <paramref name="x"/>; 0.5: it is centred; 1: it ends there.</param>
    void Text(double x, double y, string text, double align);
}
