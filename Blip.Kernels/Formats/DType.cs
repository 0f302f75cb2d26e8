namespace Blip.Kernels;

/// <summary>
/// How an element is stored: of a weight, of a value between operators, of a tensor in a checkpoint. <see cref="DTypes"/> holds the facts
/// about each. A method that takes some of them only refuses the others.
/// </summary>
/// <remarks>The numbers of the weight formats stand in files of packed weights: new members come last.</remarks>
public enum DType
{
    /// <summary>IEEE single precision, 4 bytes.</summary>
    Float32,

    /// <summary>IEEE half precision, 2 bytes: 11 significant bits, 6·10⁻⁸ to 65504; larger weights become infinite.</summary>
    Float16,

    /// <summary>The upper half of a single, 2 bytes: 8 significant bits over the range of a single.</summary>
    BFloat16,

    /// <summary>
    /// Signed, 1 byte. Packed weights have numbers from -127 to 127 and a float per output: w ≈ q · scale with scale = max |w| / 127 over
    /// the weights of that output. An output of which a weight is infinite or NaN has the scale NaN.
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

    /// <summary>1 byte: 4 bits of exponent, 4 significant bits, up to 448; no infinities (Micikevicius et al. 2022).</summary>
    Float8E4M3,

    /// <summary>1 byte: the upper half of an IEEE half, 3 significant bits, up to 57344.</summary>
    Float8E5M2,

    /// <summary>
    /// Packed weights as those of <see cref="Int8"/>, multiplied with inputs of 8 bits. Each row of inputs is rounded to 0 to 255, with its
    /// scale and its zero point (<see cref="PackedWeights.Scales"/>, <see cref="PackedWeights.WeightSums"/>).
    /// </summary>
    W8A8,
}
