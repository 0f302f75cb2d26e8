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

    /// <summary><see cref="Count"/> pairs.</summary>
    static abstract TSelf Load(short* source);

    /// <summary><see cref="Count"/> pairs of bytes, with their signs.</summary>
    static abstract TSelf Widen(sbyte* source);

    static abstract void Store(TSelf pairs, short* destination);

    /// <summary>One pair in every place.</summary>
    static abstract TSelf Repeat(short* pair);

    /// <summary>sums + a₀ · b₀ + a₁ · b₁ in every place; exact below 2³¹.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf sums);

    /// <summary>to += sums.</summary>
    static abstract void AddTo(TSelf sums, float* to);
}
