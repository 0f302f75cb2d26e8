using Blip.Kernels;

namespace Blip.Runtime.Models;

/// <summary>
/// How a model's matrices are stored on the device. Biases, norms, activations and caches stay in float32. Arithmetic does too, except for
/// <see cref="Int8"/> on a processor and for <see cref="W8A8"/>.
/// </summary>
/// <remarks>
/// A <see cref="DType"/> describes how one tensor is stored, and has members that are no choice for a model. Options spell a choice as its
/// member is named.
/// </remarks>
public enum Precision
{
    /// <summary>32 bits.</summary>
    Fp32,

    /// <summary>IEEE half precision.</summary>
    Fp16,

    /// <summary>bfloat16.</summary>
    Bf16,

    /// <summary>
    /// 8 bits and a scale per output. The CPU accelerator multiplies integers, with each row of inputs rounded to 15 bits and a sign; see
    /// <see cref="DType.Int8"/>.
    /// </summary>
    Int8,

    /// <summary>
    /// 8 bits and a scale per output, multiplied with inputs of 8 bits. Each input row has a scale and a zero point, found at run time.
    /// This includes the image encoder's matrices except the pixels', which uses <see cref="Int8"/>. See <see cref="DType.W8A8"/>.
    /// </summary>
    W8A8,
}

internal static class PrecisionExtensions
{
    public static DType ToDType(this Precision precision) => precision switch
    {
        Precision.Fp32 => DType.Float32,
        Precision.Fp16 => DType.Float16,
        Precision.Bf16 => DType.BFloat16,
        Precision.Int8 => DType.Int8,
        Precision.W8A8 => DType.W8A8,
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, $"Give {string.Join(", ", Enum.GetNames<Precision>())}."),
    };

    /// <summary>The image encoder's default precision: with <see cref="Precision.Int8"/> only the decoder has 8 bits.</summary>
    public static Precision ForEncoder(this Precision precision) => precision == Precision.Int8 ? Precision.Fp32 : precision;
}
