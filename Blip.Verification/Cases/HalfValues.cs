using System.Runtime.InteropServices;
using Blip.Kernels;

namespace Blip.Verification.Cases;

/// <summary>Values between operators that are stored in 16 bits, two to each float of their memory.</summary>
public static class HalfValues
{
    // A GPU's conversions of all NaNs, in both formats.
    private const ushort NotANumber = 0x7FFF;

    /// <summary>Rounds values as a kernel stores them; single precision stays as it is.</summary>
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

    /// <summary>The values that are stored.</summary>
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

    /// <summary>By how much a value may be off where it is stored in a format; infinite beyond its range.</summary>
    public static double Rounding(double value, DType format) => format switch
    {
        DType.Float16 => Math.Abs(value) >= 65520 ? double.PositiveInfinity : Math.Max(Math.Abs(value) / 2048, 1.0 / (1 << 25)),
        DType.BFloat16 => Math.Abs(value) / 256,
        DType.Float32 => 0,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "There are no such values."),
    };
}
