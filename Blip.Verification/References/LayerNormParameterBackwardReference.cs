using Blip.Kernels;

namespace Blip.Verification.References;

internal static class LayerNormParameterBackwardReference
{
    /// <summary>The gradients, and each column's sums of magnitudes.</summary>
    public static (double[] Gamma, double[] Beta, double[] GammaSize, double[] BetaSize) Run(
        float[] x, float[] dy, int rows, int width, double eps)
    {
        var (gamma, beta, gammaSize, betaSize) = (new double[width], new double[width], new double[width], new double[width]);
        for (var row = 0; row < rows; row++)
        {
            double[] values = [.. x.Skip(row * width).Take(width).Select(value => (double)value)];
            var mean = values.Average();
            var scale = 1 / Math.Sqrt(values.Average(value => (value - mean) * (value - mean)) + eps);
            for (var c = 0; c < width; c++)
            {
                double gradient = dy[(row * width) + c];
                var product = gradient * (values[c] - mean) * scale;
                gamma[c] += product;
                beta[c] += gradient;
                gammaSize[c] += Math.Abs(product);
                betaSize[c] += Math.Abs(gradient);
            }
        }
        return (gamma, beta, gammaSize, betaSize);
    }
}
