using Blip.Kernels;

namespace Blip.Verification.References;

internal static class LayerNormBackwardReference
{
    /// <summary>The gradient, and rows' scales of rounding errors: (the largest |dy · gamma|) / σ.</summary>
    public static (double[] Gradient, double[] Magnitude) Run(float[] x, float[] gamma, float[] dy, int rows, int width, double eps)
    {
        var (dx, magnitude) = (new double[rows * width], new double[rows]);
        for (var row = 0; row < rows; row++)
        {
            var at = row * width;
            var mean = x.Skip(at).Take(width).Average(value => (double)value);
            var scale = 1 / Math.Sqrt(x.Skip(at).Take(width).Average(value => (value - mean) * (value - mean)) + eps);
            double[] gradient = [.. Enumerable.Range(0, width).Select(c => (double)dy[at + c] * gamma[c])];
            double[] normalised = [.. Enumerable.Range(0, width).Select(c => (x[at + c] - mean) * scale)];
            var meanGradient = gradient.Average();
            var meanProduct = gradient.Zip(normalised, (a, b) => a * b).Average();
            for (var c = 0; c < width; c++)
                dx[at + c] = (gradient[c] - meanGradient - (normalised[c] * meanProduct)) * scale;
            magnitude[row] = gradient.Max(Math.Abs) * scale;
        }
        return (dx, magnitude);
    }
}
