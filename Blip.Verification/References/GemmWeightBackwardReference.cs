namespace Blip.Verification.References;

/// <summary>The gradient of a linear layer's parameters in double precision, which the variants are compared with.</summary>
internal static class GemmWeightBackwardReference
{
    /// <summary>before + Xᵀ · dY, and the scale of its rounding errors, |before| + Σ |x · dY|.</summary>
    /// <param name="x">[rows, in].</param>
    /// <param name="dy">[rows, out].</param>
    /// <param name="before">[in, out]: the gradient's old values.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="inFeatures">Inputs per row.</param>
    /// <param name="outFeatures">Outputs per row.</param>
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
