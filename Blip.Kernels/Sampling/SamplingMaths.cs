using System.Runtime.CompilerServices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Functions of the sampling kernels, in operations that every accelerator has and rounds alike: draws then agree between devices.</summary>
internal static class SamplingMaths
{
    private const float Ln2High = 0.693359375f, Ln2Low = -2.12194440e-4f;

    /// <summary>e^x to about an ulp for x up to 88; below -87, where it would leave the normal numbers, 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Exp(float x)
    {
        if (!(x > -87f))
            return 0f;
        x = x > 88f ? 88f : x;
        var scaled = x * 1.44269504f;
        var n = (int)(scaled < 0f ? scaled - 0.5f : scaled + 0.5f);
        var r = x - (n * Ln2High) - (n * Ln2Low);
        // Taylor to r^7 on |r| <= ln 2 / 2: the rest is below 6e-9.
        var p = 1f / 5040f;
        p = (p * r) + (1f / 720f);
        p = (p * r) + (1f / 120f);
        p = (p * r) + (1f / 24f);
        p = (p * r) + (1f / 6f);
        p = (p * r) + 0.5f;
        var e = (p * r * r) + r + 1f;
        return e * Interop.IntAsFloat((uint)(n + 127) << 23);
    }

    /// <summary>ln x to about an ulp, for normal x above 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Log(float x)
    {
        var bits = Interop.FloatAsInt(x);
        // The mantissa is brought to [√½, √2), where the series converges fastest.
        var shifted = bits - 0x3f3504f3u;
        var exponent = (int)shifted >> 23;
        var f = Interop.IntAsFloat((shifted & 0x007fffffu) + 0x3f3504f3u) - 1f;
        var s = f / (2f + f);
        var z = s * s;
        // 2 atanh(s) (Abramowitz & Stegun 4.1.27); s^2 <= 0.0295, the rest is below 1e-9.
        var tail = z * (0.666666667f + (z * (0.4f + (z * (0.285714286f + (z * 0.222222222f))))));
        return (exponent * Ln2High) + ((exponent * Ln2Low) + ((s * tail) + (2f * s)));
    }

    /// <summary>An integer that orders as the float does: -inf lowest, NaN never given.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Key(float value)
    {
        // -0 and +0 are equal, so they get one key.
        var bits = value == 0f ? 0u : Interop.FloatAsInt(value);
        return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
    }

    /// <summary>The float of a key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Value(uint key) => Interop.IntAsFloat((key & 0x80000000u) != 0 ? key ^ 0x80000000u : ~key);
}
