namespace Blip.Kernels;

/// <summary>
/// Values between operators: single precision, 32-bit integers, or 16 bits, two per float of memory. Rows in
/// 16 bits have a multiple of <see cref="Unit"/> elements.
/// </summary>
public static class ValueFormats
{
    /// <summary>Elements copied at once: 16 bytes.</summary>
    public const int Unit = 8;

    /// <summary>Floats of memory for these elements.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Values are not stored in this format.</exception>
    public static long Floats(this DType format, long elements) => format switch
    {
        DType.Float32 or DType.Int32 => elements,
        DType.Float16 or DType.BFloat16 => (elements + 1) / 2,
        _ => throw new ArgumentOutOfRangeException(nameof(format), $"Values are not stored as {format}."),
    };
}
