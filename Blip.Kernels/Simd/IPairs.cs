namespace Blip.Kernels;

/// <summary>
/// A vector of pairs of 16-bit whole numbers, or of the 32-bit sums of their products, as many as the floats of a vector of the same width:
/// <see cref="Pairs512"/>, <see cref="Pairs256"/> or <see cref="Pairs128"/>.
/// </summary>
/// <typeparam name="TSelf">The vector.</typeparam>
internal unsafe interface IPairs<TSelf>
    where TSelf : unmanaged, IPairs<TSelf>
{
    /// <summary>Pairs per vector.</summary>
    static abstract int Count { get; }

    /// <summary>The sum of two sums.</summary>
    static abstract TSelf operator +(TSelf a, TSelf b);

    /// <summary>Of two pairs a₀ · b₀ + a₁ · b₁, in every place.</summary>
    static abstract TSelf operator *(TSelf a, TSelf b);

    /// <summary><see cref="Count"/> pairs of bytes, with their signs.</summary>
    static abstract TSelf Widen(sbyte* source);

    /// <summary>One pair in every place.</summary>
    static abstract TSelf Repeat(short* pair);

    /// <summary>to += sums.</summary>
    static abstract void AddTo(TSelf sums, float* to);

    /// <summary>to += sums, in whole numbers.</summary>
    static abstract void AddTo(TSelf sums, int* to);
}
