namespace Blip.Verification.References;

internal static class GemmWeightBackwardReference
{
    /// <summary>
    /// before + Xᵀ · dY, and the scale of its rounding errors, |before| + Σ |x · dY|. X is [rows, in], dY [rows, out] and the old gradient
    /// [in, out].
    /// </summary>
    public static (double[] Gradient, double[] Magnitude) Run(
        float[] x, float[] dy, float[] before, int rows, int inFeatures, int outFeatures)
    {
        double[] gradient = [.. before], magnitude = [.. before.Select(value => Math.Abs((double)value))];
        Parallel.For(0, inFeatures, k =>
        {
            for (var row = 0; row < rows; row++)
            {
                double value = x[(row * inFeatures) + k];
                for (var n = 0; n < outFeatures; n++)
                {
                    var product = value * dy[(row * outFeatures) + n];
                    gradient[(k * outFeatures) + n] += product;
                    magnitude[(k * outFeatures) + n] += Math.Abs(product);
                }
            }
        });
        return (gradient, magnitude);
    }
}
