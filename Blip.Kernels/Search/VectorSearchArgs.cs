using ILGPU;

namespace Blip.Kernels;

/// <summary>The vectors that <see cref="VectorSearch"/> looks through.</summary>
public struct VectorSearchArgs
{
    /// <summary>The vectors, <c>[count, dimension]</c>; every value is finite.</summary>
    public ArrayView<float> Vectors;

    /// <summary>Where a byte is not zero its vector is never found, <c>[count]</c>; empty: all can be.</summary>
    public ArrayView<byte> LeftOut;

    /// <summary>Number of vectors, at least 0.</summary>
    public int Count;

    /// <summary>Values of a vector, 1 to <see cref="VectorSearch.MaxDimension"/>.</summary>
    public int Dimension;

    /// <summary>No vector is longer than this (‖v‖₂): rounding errors are bounded by it. Positive; 1 for normalised vectors, and a little for their own rounding.</summary>
    public float LargestNorm;
}
