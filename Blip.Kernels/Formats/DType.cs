namespace Blip.Kernels;

/// <summary>How weights are stored. Floating-point formats are multiplied in single precision; see <see cref="Gemm"/> for <see cref="Int8"/>.</summary>
public enum DType
{
    /// <summary>IEEE single precision, 4 bytes.</summary>
    Float32,

    /// <summary>IEEE half precision, 2 bytes: 11 significant bits, 6·10⁻⁸ to 65504; larger weights become infinite.</summary>
    Float16,

    /// <summary>The upper half of a single, 2 bytes: 8 significant bits over the range of a single.</summary>
    BFloat16,

    /// <summary>
    /// A whole number from -127 to 127 and a float per output, 1 byte: w ≈ q · scale with scale = max |w| / 127 over the weights of that output.
    /// An output of which a weight is infinite or NaN has the scale NaN.
    /// </summary>
    Int8,
}
