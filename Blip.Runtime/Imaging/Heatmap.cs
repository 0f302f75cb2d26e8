namespace Blip.Runtime.Imaging;

/// <summary>Draws where a model looks, as heat over the image.</summary>
public static class Heatmap
{
    // Cold areas show mostly the image, hot ones mostly colour.
    private const float Faintest = 0.25f, Strongest = 0.75f;

    /// <summary>Lays a map evenly over an image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="map">Heat of each cell, <c>[mapHeight, mapWidth]</c> row-major, of finite values; a constant map is all cold.</param>
    /// <param name="mapHeight">Rows of cells.</param>
    /// <param name="mapWidth">Columns of cells.</param>
    /// <param name="range">The values of the first and last colour; null for the map's extremes.</param>
    /// <returns>A new image of the same size.</returns>
    /// <exception cref="ArgumentException">The map has another number of cells, or a value that is not finite.</exception>
    public static RgbImage Overlay(RgbImage image, ReadOnlySpan<float> map, int mapHeight, int mapWidth, HeatRange? range = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        var scale = Check(map, mapHeight, mapWidth, range);
        var rgb = new byte[image.Pixels.Length];
        for (int y = 0, i = 0; y < image.Height; y++)
        {
            var (row, nextRow, down) = Cells(y, image.Height, mapHeight);
            for (var x = 0; x < image.Width; x++, i += 3)
            {
                var (column, nextColumn, right) = Cells(x, image.Width, mapWidth);
                var above = Mix(map[(row * mapWidth) + column], map[(row * mapWidth) + nextColumn], right);
                var below = Mix(map[(nextRow * mapWidth) + column], map[(nextRow * mapWidth) + nextColumn], right);
                var heat = scale.Share(Mix(above, below, down));
                Blend(image.Pixels.AsSpan(i, 3), heat, rgb.AsSpan(i, 3));
            }
        }
        return new RgbImage(image.Width, image.Height, rgb);
    }

    /// <summary>
    /// Only the colours and their opacity, one pixel per cell. Stretched smoothly over the image, as browsers do, they give the result of
    /// <see cref="Overlay"/>.
    /// </summary>
    /// <param name="map">Heat of each cell, as in <see cref="Overlay"/>.</param>
    /// <param name="mapHeight">Rows of cells.</param>
    /// <param name="mapWidth">Columns of cells.</param>
    /// <param name="range">As in <see cref="Overlay"/>.</param>
    /// <returns>Red, green, blue and opacity of each cell <c>[mapHeight, mapWidth, 4]</c>.</returns>
    /// <exception cref="ArgumentException">The map has another number of cells, or a value that is not finite.</exception>
    public static byte[] Layer(ReadOnlySpan<float> map, int mapHeight, int mapWidth, HeatRange? range = null)
    {
        var scale = Check(map, mapHeight, mapWidth, range);
        var rgba = new byte[4 * map.Length];
        for (var i = 0; i < map.Length; i++)
        {
            var heat = scale.Share(map[i]);
            var (red, green, blue) = Colour(heat);
            (rgba[4 * i], rgba[(4 * i) + 1], rgba[(4 * i) + 2]) = ((byte)(red + 0.5f), (byte)(green + 0.5f), (byte)(blue + 0.5f));
            rgba[(4 * i) + 3] = (byte)((255 * Mix(Faintest, Strongest, heat)) + 0.5f);
        }
        return rgba;
    }

    private static HeatRange Check(ReadOnlySpan<float> map, int mapHeight, int mapWidth, HeatRange? range)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(mapHeight);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(mapWidth);
        if (map.Length != (long)mapHeight * mapWidth)
            throw new ArgumentException($"{map.Length} values are not a map of {mapHeight} rows and {mapWidth} columns.", nameof(map));
        var (coldest, hottest) = (float.PositiveInfinity, float.NegativeInfinity);
        foreach (var value in map)
        {
            if (!float.IsFinite(value))
                throw new ArgumentException($"The map holds {value}, which is no heat.", nameof(map));
            (coldest, hottest) = (Math.Min(coldest, value), Math.Max(hottest, value));
        }
        return range ?? new HeatRange(coldest, hottest);
    }

    // Bilinear between cell centres; border cells extend to the edge.
    private static (int Cell, int Next, float Between) Cells(int pixel, int pixels, int cells)
    {
        var at = Math.Clamp(((pixel + 0.5f) * cells / pixels) - 0.5f, 0, cells - 1);
        var cell = (int)at;
        return (cell, Math.Min(cell + 1, cells - 1), at - cell);
    }

    private static float Mix(float from, float to, float share) => from + ((to - from) * share);

    private static void Blend(ReadOnlySpan<byte> pixel, float heat, Span<byte> result)
    {
        var (red, green, blue) = Colour(heat);
        var strength = Mix(Faintest, Strongest, heat);
        result[0] = (byte)(Mix(pixel[0], red, strength) + 0.5f);
        result[1] = (byte)(Mix(pixel[1], green, strength) + 0.5f);
        result[2] = (byte)(Mix(pixel[2], blue, strength) + 0.5f);
    }

    /// <summary>Black, violet, orange, light yellow: lightness grows evenly, also for the colour-blind and in print.</summary>
    internal static (float Red, float Green, float Blue) Colour(float heat)
    {
        ReadOnlySpan<(float Red, float Green, float Blue)> stops =
            [(4, 4, 24), (86, 20, 108), (186, 54, 86), (246, 138, 12), (252, 252, 164)];
        var at = heat * (stops.Length - 1);
        var index = Math.Min((int)at, stops.Length - 2);
        var (from, to, share) = (stops[index], stops[index + 1], at - index);
        return (Mix(from.Red, to.Red, share), Mix(from.Green, to.Green, share), Mix(from.Blue, to.Blue, share));
    }
}
