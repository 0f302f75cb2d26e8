using Blip.Kernels;

namespace Blip.Verification.References;

internal static class L2NormalizeBackwardReference
{
    /// <summary>The gradient, and each row's (largest |dy| + |product|) over its divisor.</summary>
    public static (double[] Gradient, double[] Magnitude) Run(float[] x, float[] dy, int rows, int width, double eps)
    {
        var (dx, magnitude) = (new double[rows * width], new double[rows]);
        for (var row = 0; row < rows; row++)
        {
            var at = row * width;
            var length = Math.Sqrt(Enumerable.Range(at, width).Sum(i => (double)x[i] * x[i]));
            var product = length > eps ? Enumerable.Range(at, width).Sum(i => x[i] / length * dy[i]) : 0;
            var divisor = Math.Max(length, eps);
            for (var i = at; i < at + width; i++)
                dx[i] = (dy[i] - (product * x[i] / divisor)) / divisor;
            magnitude[row] = (Enumerable.Range(at, width).Max(i => Math.Abs((double)dy[i])) + Math.Abs(product)) / divisor;
        }
        return (dx, magnitude);
    }
}
