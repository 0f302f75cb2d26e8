namespace Blip.Datasets.Shapes;

/// <summary>
/// A scene at three times its image's size; each pixel is a shape's or the background's. Coordinates are truncated and edges belong to
/// their shape, as in the training images.
/// </summary>
internal sealed class SceneRaster
{
    /// <summary>Raster pixels along an image pixel.</summary>
    public const int Scale = 3;

    // Shares of the radius, measured on the sample images.
    private const double SquareReach = 0.88, CrossBar = 0.38, RingHole = 0.55, TriangleReach = 1.1, StarReach = 1.15, StarWaist = 0.45;

    private const double MoonBite = 0.75, MoonShift = 0.5, KiteHeight = 1.15, KiteWidth = 0.75;

    // Sines and cosines of 30, 36 and 72 degrees as literals, since mathematical libraries differ in the last bit.
    private const double Cos30 = 0.86602540378443865, Sin36 = 0.58778525229247313, Cos36 = 0.80901699437494742;
    private const double Sin72 = 0.95105651629515357, Cos72 = 0.30901699437494742;

    // A star's tips and waists in turn, clockwise from the top; y goes down.
    private static readonly (double X, double Y)[] StarDirections =
    [
        (0, -1), (Sin36, -Cos36), (Sin72, -Cos72), (Sin72, Cos72), (Sin36, Cos36),
        (0, 1), (-Sin36, Cos36), (-Sin72, Cos72), (-Sin72, -Cos72), (-Sin36, -Cos36),
    ];

    private readonly byte[] pixels;

    public SceneRaster(ShapeScene scene)
    {
        Side = scene.Side * Scale;
        pixels = new byte[Side * Side];
        for (var i = 0; i < scene.Items.Count; i++)
            Draw(scene.Items[i], (byte)(i + 1));
    }

    public int Side { get; }

    /// <summary>A row: 0 for the background, 1 and 2 for the shapes.</summary>
    public ReadOnlySpan<byte> Row(int y) => pixels.AsSpan(y * Side, Side);

    private void Draw(ShapeItem item, byte value)
    {
        var (x, y, r) = (item.X * Side, item.Y * Side, item.Radius * Side);
        switch (item.Shape)
        {
            case Shape.Circle:
                Ellipse(x - r, y - r, x + r, y + r, value);
                break;
            case Shape.Square:
                Rectangle(x - (SquareReach * r), y - (SquareReach * r), x + (SquareReach * r), y + (SquareReach * r), value);
                break;
            case Shape.Triangle:
                var tip = TriangleReach * r;
                Polygon([(x, y - tip), (x + (Cos30 * tip), y + (0.5 * tip)), (x - (Cos30 * tip), y + (0.5 * tip))], value);
                break;
            case Shape.Star:
                Polygon([.. StarDirections.Select((way, i) => (Reach: (i % 2 == 0 ? StarReach : StarWaist) * r, way))
                    .Select(point => (x + (point.Reach * point.way.X), y + (point.Reach * point.way.Y)))], value);
                break;
            case Shape.Cross:
                Rectangle(x - r, y - (CrossBar * r), x + r, y + (CrossBar * r), value);
                Rectangle(x - (CrossBar * r), y - r, x + (CrossBar * r), y + r, value);
                break;
            case Shape.Ring:
                var hole = RingHole * r;
                Ellipse(x - r, y - r, x + r, y + r, value);
                Ellipse(x - hole, y - hole, x + hole, y + hole, 0);
                break;
            case Shape.Moon:
                var (bite, aside) = (MoonBite * r, MoonShift * r);
                Ellipse(x - r, y - r, x + r, y + r, value);
                Ellipse(x + aside - bite, y - bite, x + aside + bite, y + bite, 0);
                break;
            case Shape.Kite:
                var (high, wide) = (KiteHeight * r, KiteWidth * r);
                Polygon([(x, y - high), (x + wide, y), (x, y + high), (x - wide, y)], value);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(item), item.Shape, "There is no such shape.");
        }
    }

    private void Rectangle(double left, double top, double right, double bottom, byte value)
    {
        for (var y = (int)top; y <= (int)bottom; y++)
            Span(y, (int)left, (int)right, value);
    }

    // The ellipse that touches the outer edges of the box's pixels.
    private void Ellipse(double left, double top, double right, double bottom, byte value)
    {
        var (x0, y0, x1, y1) = ((int)left, (int)top, (int)right, (int)bottom);
        long width = x1 - x0 + 1, height = y1 - y0 + 1;
        for (var y = y0; y <= y1; y++)
        {
            var dy = (2L * y) - y0 - y1;
            var first = x0;
            while (first <= x1 && !Inside((2L * first) - x0 - x1, dy))
                first++;
            if (first <= x1)
                Span(y, first, x0 + x1 - first, value);
        }

        // Twice the distances from the centre keep all in integers.
        bool Inside(long dx, long dy) => (dx * dx * height * height) + (dy * dy * width * width) <= width * width * height * height;
    }

    // Even-odd between integer points; an edge's pixels belong to the polygon.
    private void Polygon((double X, double Y)[] points, byte value)
    {
        var corners = points.Select(point => (X: (int)point.X, Y: (int)point.Y)).ToArray();
        var (top, bottom) = (corners.Min(corner => corner.Y), corners.Max(corner => corner.Y));
        for (var y = top; y <= bottom; y++)
        {
            var crossings = new List<double>();
            for (var i = 0; i < corners.Length; i++)
            {
                var (a, b) = (corners[i], corners[(i + 1) % corners.Length]);
                if (a.Y == b.Y)
                {
                    if (a.Y == y)
                        Span(y, Math.Min(a.X, b.X), Math.Max(a.X, b.X), value);
                    continue;
                }
                var (low, high) = a.Y < b.Y ? (a, b) : (b, a);
                if (y < low.Y || y > high.Y)
                    continue;
                crossings.Add(low.X + ((double)(y - low.Y) * (high.X - low.X) / (high.Y - low.Y)));
                // An edge is counted twice in its last row: the next edge crosses there, too, and the count stays even.
                if (y == high.Y && y < bottom)
                    crossings.Add(high.X);
            }
            crossings.Sort();
            for (var i = 0; i + 1 < crossings.Count; i += 2)
                Span(y, (int)Math.Floor(crossings[i] + 0.5), (int)Math.Ceiling(crossings[i + 1] - 0.5), value);
        }
    }

    private void Span(int y, int left, int right, byte value)
    {
        (left, right) = (Math.Max(left, 0), Math.Min(right, Side - 1));
        if (y >= 0 && y < Side && left <= right)
            pixels.AsSpan((y * Side) + left, right - left + 1).Fill(value);
    }
}
