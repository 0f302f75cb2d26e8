using ILGPU;

namespace Blip.Kernels;

/// <summary>The vectors for <see cref="VectorSearch"/>.</summary>
public struct VectorSearchArgs
{
    /// <summary>The vectors <c>[count, dimension]</c>, all finite.</summary>
    public ArrayView<float> Vectors;

    /// <summary>Not zero: the vector is never found <c>[count]</c>; empty: all can be.</summary>
    public ArrayView<byte> LeftOut;

    /// <summary>Vectors, at least 0.</summary>
    public int Count;

    /// <summary>Values per vector, 1 to <see cref="VectorSearch.MaxDimension"/>.</summary>
    public int Dimension;

    /// <summary>
    /// An upper bound of all lengths (‖v‖₂), which bounds rounding errors. Positive; for normalized vectors 1 and a little.
    /// </summary>
    public float LargestNorm;
}
