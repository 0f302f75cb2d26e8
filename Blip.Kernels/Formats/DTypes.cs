namespace Blip.Kernels;

/// <summary>
/// The facts about each <see cref="DType"/>, one line of <c>Of</c> per member. Every method refuses undefined values by
/// <see cref="ArgumentOutOfRangeException"/>.
/// </summary>
public static class DTypes
{
    /// <summary>Formats of <see cref="PackedWeights"/>.</summary>
    internal static IReadOnlyList<DType> Weights { get; } = [.. Enum.GetValues<DType>().Where(type => Of(type).IsWeight)];

    /// <summary>Bytes of one element.</summary>
    public static int Bytes(this DType type) => Of(type).Bytes;

    /// <summary>Whether it is not an integer.</summary>
    public static bool IsFloatingPoint(this DType type) => Of(type).IsFloatingPoint;

    /// <summary>Whether packed weights are integers with a scale per output.</summary>
    public static bool IsQuantised(this DType type) => type is DType.Int8 or DType.W8A8;

    /// <summary>Whether this is half precision or bfloat16.</summary>
    public static bool Is16Bits(this DType type) => Of(type) is { IsFloatingPoint: true, Bytes: 2 };

    /// <summary>Its name in a safetensors header.</summary>
    public static string SafetensorsName(this DType type) => Of(type).SafetensorsName;

    internal static void CheckWeight(DType type, string name)
    {
        if (!Enum.IsDefined(type) || !Of(type).IsWeight)
            throw NotWeight(type, name);
    }

    internal static ArgumentOutOfRangeException NotWeight(DType type, string name) =>
        new(name, $"{type} is not a weight format: give {string.Join(", ", Weights)}.");

    private static Facts Of(DType type) => type switch
    {
        DType.Float32 => new(4, "F32", IsFloatingPoint: true, IsWeight: true),
        DType.Float16 => new(2, "F16", IsFloatingPoint: true, IsWeight: true),
        DType.BFloat16 => new(2, "BF16", IsFloatingPoint: true, IsWeight: true),
        DType.Int8 => new(1, "I8", IsWeight: true),
        DType.Float64 => new(8, "F64", IsFloatingPoint: true),
        DType.Int64 => new(8, "I64"),
        DType.Int32 => new(4, "I32"),
        DType.Int16 => new(2, "I16"),
        DType.UInt64 => new(8, "U64"),
        DType.UInt32 => new(4, "U32"),
        DType.UInt16 => new(2, "U16"),
        DType.UInt8 => new(1, "U8"),
        DType.Bool => new(1, "BOOL"),
        DType.Float8E4M3 => new(1, "F8_E4M3", IsFloatingPoint: true),
        DType.Float8E5M2 => new(1, "F8_E5M2", IsFloatingPoint: true),
        DType.W8A8 => new(1, "I8", IsWeight: true),
        _ => throw new ArgumentOutOfRangeException(nameof(type), $"{type} is no type of elements."),
    };

    private readonly record struct Facts(int Bytes, string SafetensorsName, bool IsFloatingPoint = false, bool IsWeight = false);
}
