using Blip.Kernels;

namespace Blip.Verification.References;

internal static class GemmBackwardReference
{
    /// <summary>
    /// dX = (dY · scales) · W, and the scale of its rounding errors, Σ |dY · scale · W|. dY is [rows, out]. W is [out, in], already rounded
    /// to the kernel's format. Scales are [out] or empty.
    /// </summary>
    public static (double[] Gradient, double[] Magnitude) Run(
        float[] dy, float[] weights, float[] scales, int rows, int outFeatures, int inFeatures)
    {
        var (gradient, magnitude) = (new double[rows * inFeatures], new double[rows * inFeatures]);
        Parallel.For(0, rows, row =>
        {
            for (var n = 0; n < outFeatures; n++)
            {
                var factor = dy[(row * outFeatures) + n] * (scales.Length > 0 ? scales[n] : 1.0);
                for (var k = 0; k < inFeatures; k++)
                {
                    var product = factor * weights[(n * inFeatures) + k];
                    gradient[(row * inFeatures) + k] += product;
                    magnitude[(row * inFeatures) + k] += Math.Abs(product);
                }
            }
        });
        return (gradient, magnitude);
    }
}
