namespace Blip.Kernels;

/// <summary>
/// Values between operators in other formats than single precision: in 16 bits, two lie in each float of their memory. They have a multiple of
/// <see cref="Unit"/> elements per row.
/// </summary>
public static class ValueFormats
{
    /// <summary>Elements that are copied at once: 16 bytes.</summary>
    public const int Unit = 8;

    /// <summary>Whether this is half precision or bfloat16.</summary>
    public static bool Is16Bits(this DType format) => format is DType.Float16 or DType.BFloat16;

    /// <summary>Floats of memory that so many elements take.</summary>
    public static long Floats(this DType format, long elements) => format.Is16Bits() ? (elements + 1) / 2 : elements;
}
