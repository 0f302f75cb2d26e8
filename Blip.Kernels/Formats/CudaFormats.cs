namespace Blip.Kernels;

/// <summary>Formats that kernels for NVIDIA GPUs multiply, and round inputs to.</summary>
internal static class CudaFormats
{
    /// <summary>bfloat16 needs sm_80.</summary>
    public static bool Supports(int architecture, DType format) => architecture >= format switch
    {
        DType.BFloat16 => 80,
        DType.Float32 or DType.Float16 or DType.Int8 or DType.W8A8 => 75,
        _ => throw DTypes.NotWeight(format, nameof(format)),
    };

    /// <summary>The format to which inputs are rounded before products with these weights; null: they are not.</summary>
    public static DType? Rounded(int architecture, DType format)
    {
        if (format == DType.Float32 || !Supports(architecture, format))
            return null;
        return format.IsQuantised() ? DType.Float16 : format;
    }
}
