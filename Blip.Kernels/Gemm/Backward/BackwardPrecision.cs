namespace Blip.Kernels;

/// <summary>The formats in which the gradients of linear layers are multiplied.</summary>
internal static class BackwardPrecision
{
    /// <summary>Throws unless it is <see cref="DType.Float32"/> or a format of 16 bits.</summary>
    /// <exception cref="ArgumentException">It is another one.</exception>
    public static void Check(DType precision)
    {
        if (precision != DType.Float32 && !precision.Is16Bits())
            throw new ArgumentException(
                $"Precision is {precision}; gradients are multiplied in Float32, Float16 or BFloat16.", nameof(precision));
    }
}
