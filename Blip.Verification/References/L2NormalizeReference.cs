using Blip.Kernels;

namespace Blip.Verification.References;

internal static class L2NormalizeReference
{
    public static double[] Run(float[] x, int rows, int width, double eps)
    {
        var y = new double[rows * width];
        for (var row = 0; row < rows; row++)
        {
            var values = x.AsSpan(row * width, width);
            var squares = 0.0;
            foreach (var value in values)
                squares += (double)value * value;
            var divisor = Math.Max(Math.Sqrt(squares), eps);
            for (var c = 0; c < width; c++)
                y[(row * width) + c] = values[c] / divisor;
        }
        return y;
    }
}
