namespace Blip.Kernels;

/// <summary>
/// The operations on numbers that the formulas of <see cref="Maths"/> and the activations use. Each formula is written once: for one value in a
/// portable kernel (<see cref="Scalar"/>), and for a whole vector in a CPU variant.
/// </summary>
/// <typeparam name="TSelf">The number.</typeparam>
internal interface IReal<TSelf>
    where TSelf : unmanaged, IReal<TSelf>
{
    static abstract TSelf operator +(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a, TSelf b);

    static abstract TSelf operator *(TSelf a, TSelf b);

    static abstract TSelf operator /(TSelf a, TSelf b);

    /// <summary>The value in every lane.</summary>
    static abstract TSelf Create(float value);

    /// <summary>a · b + c, rounded once where the machine can.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>a &lt; b ? then : otherwise; also otherwise where one is NaN.</summary>
    static abstract TSelf IfLess(TSelf a, TSelf b, TSelf then, TSelf otherwise);

    /// <summary>
    /// a &gt; b ? then : otherwise; also otherwise where one is NaN. For a constant b: ILGPU 1.5.3 puts constants on the right of a comparison,
    /// and where that turns it round, NaN fulfils it on CUDA.
    /// </summary>
    static virtual TSelf IfMore(TSelf a, TSelf b, TSelf then, TSelf otherwise) => TSelf.IfLess(b, a, then, otherwise);

    /// <summary>|x|.</summary>
    static abstract TSelf Abs(TSelf x);

    /// <summary>A non-negative magnitude with the sign of another number.</summary>
    static abstract TSelf CopySign(TSelf magnitude, TSelf sign);

    /// <summary>2 to the power of n, a whole number from -126 to 127.</summary>
    static abstract TSelf PowerOfTwo(TSelf n);

    /// <summary>Writes a positive normal number as m · 2^exponent with √½ ≤ m &lt; √2, and returns m.</summary>
    static abstract TSelf Split(TSelf x, out TSelf exponent);
}
