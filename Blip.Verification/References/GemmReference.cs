using Blip.Kernels;

namespace Blip.Verification.References;

/// <summary>The linear layer in double.</summary>
public static class GemmReference
{
    /// <summary>act((X · Wᵀ) · scales + bias) + residual.</summary>
    /// <param name="x">[rows, in].</param>
    /// <param name="weights">[out, in], rounded to the kernel's format.</param>
    /// <param name="scales">[out] or empty.</param>
    /// <param name="bias">[out] or empty.</param>
    /// <param name="residual">[rows, out] or empty.</param>
    /// <param name="activation">Applied before the residual.</param>
    /// <param name="y">[rows, out].</param>
    /// <param name="magnitude">[rows, out] or empty: Σ |x · w · scale| + |bias| + |residual|, the scale of the rounding errors.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="outFeatures">Outputs per row.</param>
    /// <param name="inFeatures">Inputs per row.</param>
    public static void Run(
        float[] x, float[] weights, float[] scales, float[] bias, float[] residual, Activation activation, double[] y, double[] magnitude,
        int rows, int outFeatures, int inFeatures) =>
        Parallel.For(0, rows, m =>
        {
            for (var n = 0; n < outFeatures; n++)
            {
                var to = (m * outFeatures) + n;
                var (sum, size) = WideSums.Products(x.AsSpan(m * inFeatures, inFeatures), weights.AsSpan(n * inFeatures, inFeatures));
                if (scales.Length > 0)
                    (sum, size) = (sum * scales[n], size * Math.Abs(scales[n]));
                if (bias.Length > 0)
                    (sum, size) = (sum + bias[n], size + Math.Abs(bias[n]));
                var added = residual.Length > 0 ? residual[to] : 0d;
                y[to] = ActivationsReference.Apply(sum, activation) + added;
                if (magnitude.Length > 0)
                    magnitude[to] = size + Math.Abs(added);
            }
        });
}
