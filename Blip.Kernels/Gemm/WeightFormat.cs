namespace Blip.Kernels;

/// <summary>How weights are stored. Arithmetic is in single precision whatever the format.</summary>
public enum WeightFormat
{
    /// <summary>IEEE single precision, 4 bytes.</summary>
    Float32,

    /// <summary>IEEE half precision, 2 bytes: 11 significant bits, 6·10⁻⁸ to 65504; larger weights become infinite.</summary>
    Float16,

    /// <summary>The upper half of a single, 2 bytes: 8 significant bits over the range of a single.</summary>
    BFloat16,
}
