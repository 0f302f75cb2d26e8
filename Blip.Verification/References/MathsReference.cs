using Blip.Kernels;

namespace Blip.Verification.References;

/// <summary>Functions in double that .NET lacks.</summary>
public static class MathsReference
{
    private const int Terms = 400;

    /// <summary>
    /// The error function by its Taylor series with positive terms, 2/√π · exp(-x²) · Σ 2ⁿ x²ⁿ⁺¹ / (2n+1)!! (Abramowitz and Stegun 7.1.6),
    /// which does not cancel.
    /// </summary>
    public static double Erf(double x)
    {
        if (double.IsNaN(x))
            return x;
        var z = Math.Abs(x);
        if (z > 6)
            return Math.Sign(x);
        double term = z, sum = z;
        for (var n = 1; n < Terms && term > sum * 1e-18; n++)
        {
            term *= 2 * z * z / ((2 * n) + 1);
            sum += term;
        }
        return Math.CopySign(2 / Math.Sqrt(Math.PI) * Math.Exp(-z * z) * sum, x);
    }
}
