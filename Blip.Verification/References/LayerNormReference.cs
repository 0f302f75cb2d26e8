using Blip.Kernels;

namespace Blip.Verification.References;

internal static class LayerNormReference
{
    public static double[] Run(float[] x, float[]? residual, float[] gamma, float[] beta, int rows, int width, double eps)
    {
        var y = new double[rows * width];
        for (var row = 0; row < rows; row++)
        {
            // Every implementation adds the residual in float.
            var values = Enumerable.Range(row * width, width).Select(i => (double)(residual is null ? x[i] : x[i] + residual[i])).ToArray();
            var mean = values.Average();
            var variance = values.Average(value => (value - mean) * (value - mean));
            for (var c = 0; c < width; c++)
                y[(row * width) + c] = ((values[c] - mean) / Math.Sqrt(variance + eps) * gamma[c]) + beta[c];
        }
        return y;
    }
}
