using System.Runtime.InteropServices;
using Blip.Kernels;

namespace Blip.Verification.Cases;

/// <summary>16-bit values between operators, two per float.</summary>
public static class HalfValues
{
    // GPUs convert every NaN to this, in both formats.
    private const ushort NotANumber = 0x7FFF;

    /// <summary>Rounds values as kernels store them; single precision is unchanged.</summary>
    public static float[] Pack(float[] values, DType format)
    {
        if (!format.Is16Bits())
            return values;
        var packed = new float[format.Floats(values.Length)];
        var bits = MemoryMarshal.Cast<float, ushort>(packed.AsSpan());
        for (var i = 0; i < values.Length; i++)
            bits[i] = float.IsNaN(values[i]) ? NotANumber : WeightPacking.Round(values[i], format);
        return packed;
    }

    /// <summary>The stored values.</summary>
    public static float[] Unpack(float[] packed, DType format)
    {
        var bits = MemoryMarshal.Cast<float, ushort>(packed).ToArray();
        return format switch
        {
            DType.Float16 => [.. bits.Select(Float16Format.Decode)],
            DType.BFloat16 => [.. bits.Select(BFloat16Format.Decode)],
            DType.Float32 => packed,
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "There are no such values."),
        };
    }

    /// <summary>A value's largest rounding error in a format; infinite beyond its range.</summary>
    public static double Rounding(double value, DType format) => format switch
    {
        DType.Float16 => Math.Abs(value) >= 65520 ? double.PositiveInfinity : Math.Max(Math.Abs(value) / 2048, 1.0 / (1 << 25)),
        DType.BFloat16 => Math.Abs(value) / 256,
        DType.Float32 => 0,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "There are no such values."),
    };
}
