namespace Blip.Kernels;

/// <summary>Pillow's filters, numbered as <c>resample</c> in a preprocessor config.</summary>
public enum ResamplingFilter
{
    /// <summary>The centre's pixel.</summary>
    Nearest = 0,

    /// <summary>A sinc of three lobes, windowed by another.</summary>
    Lanczos = 1,

    /// <summary>A triangle.</summary>
    Bilinear = 2,

    /// <summary>Keys' cubic with a = -0.5.</summary>
    Bicubic = 3,

    /// <summary>The mean of the covered pixels.</summary>
    Box = 4,

    /// <summary>A sinc of one lobe with a Hamming window.</summary>
    Hamming = 5,
}
