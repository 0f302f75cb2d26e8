namespace Blip.Kernels;

/// <summary>Pillow's filters, with the numbers that <c>resample</c> of a preprocessor config gives them.</summary>
public enum ResamplingFilter
{
    /// <summary>The pixel at the centre.</summary>
    Nearest = 0,

    /// <summary>A sinc of three lobes, windowed by another.</summary>
    Lanczos = 1,

    /// <summary>A triangle.</summary>
    Bilinear = 2,

    /// <summary>Keys' cubic with a = -0.5.</summary>
    Bicubic = 3,

    /// <summary>The mean of the pixels that are covered.</summary>
    Box = 4,

    /// <summary>A sinc of one lobe under a Hamming window.</summary>
    Hamming = 5,
}
