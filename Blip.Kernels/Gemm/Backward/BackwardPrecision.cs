namespace Blip.Kernels;

/// <summary>Precisions of the gradients of linear layers.</summary>
internal static class BackwardPrecision
{
    public static void Check(DType precision)
    {
        if (precision != DType.Float32 && !precision.Is16Bits())
            throw new ArgumentException(
                $"Precision is {precision}; gradients are multiplied in Float32, Float16 or BFloat16.", nameof(precision));
    }
}
