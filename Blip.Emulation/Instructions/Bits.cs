namespace Blip.Emulation.Instructions;

/// <summary>Registers hold bits, zero-extended to 64; instructions give them meaning.</summary>
internal static class Bits
{
    // PTX's NaN, the result of every operation that makes one.
    public const uint NaN32 = 0x7FFFFFFF;
    public const ushort NaN16 = 0x7FFF;

    public static float F(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits);

    public static ulong F(float value) => float.IsNaN(value) ? NaN32 : BitConverter.SingleToUInt32Bits(value);

    public static double D(ulong bits) => BitConverter.UInt64BitsToDouble(bits);

    public static ulong D(double value) => BitConverter.DoubleToUInt64Bits(value);

    public static double H(ulong bits) => (double)BitConverter.UInt16BitsToHalf((ushort)bits);

    public static ulong H(double value) => double.IsNaN(value) ? NaN16 : BitConverter.HalfToUInt16Bits((Half)value);

    public static double B(ulong bits) => BitConverter.UInt32BitsToSingle((uint)(ushort)bits << 16);

    public static ulong B(double value, RoundingMode mode = RoundingMode.NearestEven) =>
        double.IsNaN(value) ? NaN16 : BitConverter.SingleToUInt32Bits((float)Rounding.Narrow(value, FloatFormat.BFloat16, mode)) >> 16;

    public static ulong Unsigned(ulong bits, int bytes) => bytes switch { 1 => (byte)bits, 2 => (ushort)bits, 4 => (uint)bits, _ => bits };

    public static long Signed(ulong bits, int bytes) =>
        bytes switch { 1 => (sbyte)bits, 2 => (short)bits, 4 => (int)bits, _ => (long)bits };

    /// <summary>Turns subnormals into zeros of the same sign.</summary>
    public static ulong Flush(ulong bits) => (bits & 0x7F800000) == 0 ? bits & 0x80000000 : bits;

    public static ulong Saturate(ulong bits)
    {
        var value = F(bits);
        return float.IsNaN(value) ? 0 : F(Math.Clamp(value, 0f, 1f) + 0f);
    }
}
