using ILGPU;

namespace Blip.Kernels;

/// <summary>The exponential of a softmax, whose argument is never positive: exact at 0, and 0 where the result would be subnormal.</summary>
internal static class SoftmaxExp
{
    // ln 2 in two parts, the first short enough for n · High to be exact (Cody, Waite 1980).
    public const float Log2E = 1.44269504f, High = 0.693359375f, Low = -2.12194440e-4f, Least = -87.33654f;

    // exp(r) = 1 + r + r² · P(r) for |r| ≤ ln 2 / 2: the coefficients of Cephes's expf (Moshier).
    public const float P0 = 1.9875691500e-4f, P1 = 1.3981999507e-3f, P2 = 8.3334519073e-3f, P3 = 4.1665795894e-2f, P4 = 1.6666665459e-1f, P5 = 5.0000001201e-1f;

    /// <summary>e to the power of x, for x ≤ 0.</summary>
    public static float Exp(float x)
    {
        // Also for a NaN, which must stay one.
        if (x < Least)
            return 0f;
        var n = (int)((x * Log2E) - 0.5f);
        var r = x - (n * High) - (n * Low);
        var p = (((((((((P0 * r) + P1) * r) + P2) * r) + P3) * r) + P4) * r) + P5;
        return ((p * r * r) + r + 1f) * Interop.IntAsFloat((uint)(n + 127) << 23);
    }
}
