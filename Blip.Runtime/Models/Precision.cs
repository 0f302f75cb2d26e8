using Blip.Kernels;

namespace Blip.Runtime.Models;

/// <summary>
/// A user's choice for a model: how its matrices are stored on the device. Biases, norms, activations and caches stay in float32, and so does
/// arithmetic, but for <see cref="Int8"/> on a processor and <see cref="W8A8"/>.
/// </summary>
/// <remarks>
/// A <see cref="DType"/> says how the elements of one tensor are stored, and has members that no model can be asked for. A choice has a
/// member here, and options spell it as the member is named.
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
    /// 8 bits and a scale per output. The CPU accelerator multiplies in whole numbers, with each row of inputs rounded to 15 bits and a sign;
    /// see <see cref="DType.Int8"/>.
    /// </summary>
    Int8,

    /// <summary>
    /// 8 bits and a scale per output, multiplied with inputs of 8 bits: each row of them has a scale and a zero point, found when it is
    /// there. The image encoder's matrices, too, except that of the pixels, which goes as with <see cref="Int8"/>. See
    /// <see cref="DType.W8A8"/>.
    /// </summary>
    W8A8,
}

/// <summary>A precision's meaning to the kernels; the one place that maps it.</summary>
internal static class PrecisionExtensions
{
    /// <summary>The storage format of matrices.</summary>
    public static DType ToDType(this Precision precision) => precision switch
    {
        Precision.Fp32 => DType.Float32,
        Precision.Fp16 => DType.Float16,
        Precision.Bf16 => DType.BFloat16,
        Precision.Int8 => DType.Int8,
        Precision.W8A8 => DType.W8A8,
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, $"Give {string.Join(", ", Enum.GetNames<Precision>())}."),
    };

    /// <summary>How the image encoder's matrices are stored where nothing else is asked for: in 8 bits nothing but the decoder's.</summary>
    public static Precision ForEncoder(this Precision precision) => precision == Precision.Int8 ? Precision.Fp32 : precision;
}
