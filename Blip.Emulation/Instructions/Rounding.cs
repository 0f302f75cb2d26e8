using System.Diagnostics;

namespace Blip.Emulation.Instructions;

internal enum RoundingMode
{
    NearestEven,
    NearestAway,
    Zero,
    Down,
    Up,
}

/// <summary>A binary floating-point format.</summary>
/// <param name="Precision">Bits of the significand, including the hidden one.</param>
/// <param name="MinExponent">The smallest normal number's exponent.</param>
/// <param name="MaxExponent">The largest number's exponent.</param>
internal readonly record struct FloatFormat(int Precision, int MinExponent, int MaxExponent)
{
    public static FloatFormat Single { get; } = new(24, -126, 127);

    public static FloatFormat Half { get; } = new(11, -14, 15);

    public static FloatFormat BFloat16 { get; } = new(8, -126, 127);

    public static FloatFormat TensorFloat32 { get; } = new(11, -126, 127);

    public double MaxValue => (2 - Math.ScaleB(1, 1 - Precision)) * Math.ScaleB(1, MaxExponent);
}

/// <summary>Rounds through double precision and rounding to odd.</summary>
internal static class Rounding
{
    /// <summary>Rounds a double to a format, once.</summary>
    public static double Narrow(double value, FloatFormat format, RoundingMode mode)
    {
        if (value == 0 || !double.IsFinite(value))
            return value;
        var exponent = Math.Max(Math.ILogB(value), format.MinExponent);
        var quantum = exponent - (format.Precision - 1);
        var scaled = Math.ScaleB(value, -quantum);
        var rounded = Math.ScaleB(ToIntegral(scaled, mode), quantum);
        if (Math.Abs(rounded) > format.MaxValue)
        {
            var toInfinity = mode is RoundingMode.NearestEven or RoundingMode.NearestAway || (mode == RoundingMode.Up && value > 0)
                || (mode == RoundingMode.Down && value < 0);
            return Math.CopySign(toInfinity ? double.PositiveInfinity : format.MaxValue, value);
        }
        return rounded == 0 ? Math.CopySign(0, value) : rounded;
    }

    public static double ToIntegral(double value, RoundingMode mode) => mode switch
    {
        RoundingMode.NearestEven => Math.Round(value, MidpointRounding.ToEven),
        RoundingMode.NearestAway => Math.Round(value, MidpointRounding.AwayFromZero),
        RoundingMode.Zero => Math.Truncate(value),
        RoundingMode.Down => Math.Floor(value),
        RoundingMode.Up => Math.Ceiling(value),
        _ => throw new UnreachableException($"Nothing rounds {mode}."),
    };

    /// <summary>The sum of two doubles, rounded to odd: rounding it to a narrower format rounds once in effect.</summary>
    public static double OddSum(double a, double b)
    {
        var sum = a + b;
        if (!double.IsFinite(sum))
            return sum;
        // The rounding error by Knuth's two-sum.
        var part = sum - a;
        var lost = (a - (sum - part)) + (b - part);
        return Odd(sum, lost);
    }

    /// <summary>Rounds to odd from a rounded value and its error.</summary>
    public static double Odd(double rounded, double lost)
    {
        if (lost == 0 || (BitConverter.DoubleToInt64Bits(rounded) & 1) != 0)
            return rounded;
        return lost > 0 ? Math.BitIncrement(rounded) : Math.BitDecrement(rounded);
    }

    public static float Add(float a, float b, RoundingMode mode)
    {
        var exact = OddSum(a, b);
        // A difference of equal numbers is -0 when rounding down.
        if (exact == 0)
            return mode == RoundingMode.Down && !(a == 0 && b == 0 && float.IsNegative(a) == float.IsNegative(b)) ? -0f : a + b;
        return (float)Narrow(exact, FloatFormat.Single, mode);
    }

    public static float Multiply(float a, float b, RoundingMode mode) => (float)Narrow((double)a * b, FloatFormat.Single, mode);

    public static float MultiplyAdd(float a, float b, float c, RoundingMode mode) =>
        (float)Narrow(OddSum((double)a * b, c), FloatFormat.Single, mode);

    public static float Divide(float a, float b, RoundingMode mode)
    {
        var quotient = (double)a / b;
        if (!double.IsFinite(quotient) || quotient == 0)
            return (float)quotient;
        var rest = Math.FusedMultiplyAdd(-quotient, b, a);
        return (float)Narrow(Odd(quotient, Math.Sign(rest) * Math.Sign(b)), FloatFormat.Single, mode);
    }

    public static float Root(float a, RoundingMode mode)
    {
        var root = Math.Sqrt(a);
        if (!double.IsFinite(root) || root == 0)
            return (float)root;
        return (float)Narrow(Odd(root, Math.FusedMultiplyAdd(-root, root, a)), FloatFormat.Single, mode);
    }

    public static RoundingMode Parse(string[] parts) =>
        Array.Find(parts, part => part is "rn" or "rz" or "rm" or "rp" or "rna" or "rni" or "rzi" or "rmi" or "rpi") switch
        {
            "rz" or "rzi" => RoundingMode.Zero,
            "rm" or "rmi" => RoundingMode.Down,
            "rp" or "rpi" => RoundingMode.Up,
            "rna" => RoundingMode.NearestAway,
            _ => RoundingMode.NearestEven,
        };
}
