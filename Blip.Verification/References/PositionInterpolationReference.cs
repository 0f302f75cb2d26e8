using Blip.Kernels;

namespace Blip.Verification.References;

internal static class PositionInterpolationReference
{
    public static double[] Run(float[] positions, int rows, int columns, int newRows, int newColumns, int hidden)
    {
        var y = new double[(1 + (newRows * newColumns)) * hidden];
        foreach (var (to, from, weight) in Weights(rows, columns, newRows, newColumns))
        {
            for (var c = 0; c < hidden; c++)
                y[(to * hidden) + c] += weight * positions[(from * hidden) + c];
        }
        return y;
    }

    /// <summary>The transpose, for gradients.</summary>
    public static double[] Transposed(float[] dy, int rows, int columns, int newRows, int newColumns, int hidden)
    {
        var gradient = new double[(1 + (rows * columns)) * hidden];
        foreach (var (to, from, weight) in Weights(rows, columns, newRows, newColumns))
        {
            for (var c = 0; c < hidden; c++)
                gradient[(from * hidden) + c] += weight * dy[(to * hidden) + c];
        }
        return gradient;
    }

    // The weights of old positions in new ones. The class token's is copied.
    private static IEnumerable<(int To, int From, double Weight)> Weights(int rows, int columns, int newRows, int newColumns)
    {
        yield return (0, 0, 1);
        for (var i = 0; i < newRows * newColumns; i++)
        {
            var row = (((double)rows / newRows) * ((i / newColumns) + 0.5)) - 0.5;
            var column = (((double)columns / newColumns) * ((i % newColumns) + 0.5)) - 0.5;
            for (var dy = -1; dy <= 2; dy++)
            {
                for (var dx = -1; dx <= 2; dx++)
                {
                    var (r, s) = (Math.Floor(row) + dy, Math.Floor(column) + dx);
                    var weight = Cubic(row - r) * Cubic(column - s);
                    var from = 1 + ((int)Math.Clamp(r, 0, rows - 1) * columns) + (int)Math.Clamp(s, 0, columns - 1);
                    yield return (1 + i, from, weight);
                }
            }
        }
    }

    // Keys 1981, eq. 4.
    private static double Cubic(double distance)
    {
        const double a = -0.75;
        var d = Math.Abs(distance);
        return d <= 1 ? ((a + 2) * d * d * d) - ((a + 3) * d * d) + 1 : (a * d * d * d) - (5 * a * d * d) + (8 * a * d) - (4 * a);
    }
}
