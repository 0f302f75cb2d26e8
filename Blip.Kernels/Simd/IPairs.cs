namespace Blip.Kernels;

/// <summary>
/// A vector of pairs of 16-bit integers, or of their products' 32-bit sums; as many as floats in the same width:
/// <see cref="Pairs512"/>, <see cref="Pairs256"/> or <see cref="Pairs128"/>.
/// </summary>
internal unsafe interface IPairs<TSelf>
    where TSelf : unmanaged, IPairs<TSelf>
{
    static abstract int Count { get; }

    static abstract TSelf operator +(TSelf a, TSelf b);

    /// <summary>a₀ · b₀ + a₁ · b₁ of each pair.</summary>
    static abstract TSelf operator *(TSelf a, TSelf b);

    /// <summary><see cref="Count"/> pairs of signed bytes.</summary>
    static abstract TSelf Widen(sbyte* source);

    /// <summary>One pair in every place.</summary>
    static abstract TSelf Repeat(short* pair);

    /// <summary>to += sums.</summary>
    static abstract void AddTo(TSelf sums, float* to);

    /// <summary>to += sums, in integers.</summary>
    static abstract void AddTo(TSelf sums, int* to);
}
