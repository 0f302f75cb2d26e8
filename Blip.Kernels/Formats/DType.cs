namespace Blip.Kernels;

/// <summary>
/// Storage of an element: of a weight, a value between operators, or a checkpoint's tensor. <see cref="DTypes"/> holds the facts
/// about each. Methods that take only some formats refuse the others.
/// </summary>
/// <remarks>Files of packed weights store the weight formats' numbers: new members come last.</remarks>
public enum DType
{
    /// <summary>IEEE single precision, 4 bytes.</summary>
    Float32,

    /// <summary>IEEE half precision, 2 bytes: 11 significant bits, 6·10⁻⁸ to 65504; larger weights become infinite.</summary>
    Float16,

    /// <summary>A single's upper half, 2 bytes: 8 significant bits, a single's range.</summary>
    BFloat16,

    /// <summary>
    /// Signed, 1 byte. Packed weights are -127 to 127 with a float per output: w ≈ q · scale, scale = max |w| / 127 over
    /// the output's weights. An infinite or NaN weight makes its output's scale NaN.
    /// </summary>
    Int8,

    /// <summary>IEEE double precision, 8 bytes.</summary>
    Float64,

    /// <summary>Signed, 8 bytes.</summary>
    Int64,

    /// <summary>Signed, 4 bytes.</summary>
    Int32,

    /// <summary>Signed, 2 bytes.</summary>
    Int16,

    /// <summary>Unsigned, 8 bytes.</summary>
    UInt64,

    /// <summary>Unsigned, 4 bytes.</summary>
    UInt32,

    /// <summary>Unsigned, 2 bytes.</summary>
    UInt16,

    /// <summary>Unsigned, 1 byte.</summary>
    UInt8,

    /// <summary>0 or 1, 1 byte.</summary>
    Bool,

    /// <summary>1 byte: 4 exponent bits, 4 significant bits, up to 448; no infinities (Micikevicius et al. 2022).</summary>
    Float8E4M3,

    /// <summary>1 byte: a half's upper byte, 3 significant bits, up to 57344.</summary>
    Float8E5M2,

    /// <summary>
    /// Weights packed like <see cref="Int8"/>, multiplied by 8-bit inputs. Each row of inputs is rounded to 0 to 255, with a
    /// scale and a zero point (<see cref="PackedWeights.Scales"/>, <see cref="PackedWeights.WeightSums"/>).
    /// </summary>
    W8A8,
}
