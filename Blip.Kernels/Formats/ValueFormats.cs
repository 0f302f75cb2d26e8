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
    /// <exception cref="ArgumentOutOfRangeException">Values are not stored in this format.</exception>
    public static long Floats(this DType format, long elements) => format switch
    {
        DType.Float32 => elements,
        DType.Float16 or DType.BFloat16 => (elements + 1) / 2,
        _ => throw new ArgumentOutOfRangeException(nameof(format), $"Values are not stored as {format}."),
    };

    /// <summary>Refuses what is no format.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is none.</exception>
    internal static void Check(DType format, string name)
    {
        if (!Enum.IsDefined(format))
            throw new ArgumentOutOfRangeException(name, $"{(int)format} is not a weight format.");
    }
}
