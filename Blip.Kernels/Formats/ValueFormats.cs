namespace Blip.Kernels;

/// <summary>
/// Values between operators: single precision, integers of 32 bits, or 16 bits, of which two lie in each float of their memory. Rows in
/// 16 bits have a multiple of <see cref="Unit"/> elements.
/// </summary>
public static class ValueFormats
{
    /// <summary>Elements that are copied at once: 16 bytes.</summary>
    public const int Unit = 8;

    /// <summary>Floats of memory that so many elements take.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Values are not stored in this format.</exception>
    public static long Floats(this DType format, long elements) => format switch
    {
        DType.Float32 or DType.Int32 => elements,
        DType.Float16 or DType.BFloat16 => (elements + 1) / 2,
        _ => throw new ArgumentOutOfRangeException(nameof(format), $"Values are not stored as {format}."),
    };
}
