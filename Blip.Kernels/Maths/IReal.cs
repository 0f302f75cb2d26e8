namespace Blip.Kernels;

/// <summary>
/// Operations of the formulas in <see cref="Maths"/> and the activations. One formula serves portable kernels
/// (<see cref="Scalar"/>) and the CPU variants' vectors.
/// </summary>
internal interface IReal<TSelf>
    where TSelf : unmanaged, IReal<TSelf>
{
    static abstract TSelf operator +(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a, TSelf b);

    static abstract TSelf operator *(TSelf a, TSelf b);

    static abstract TSelf operator /(TSelf a, TSelf b);

    static abstract TSelf Create(float value);

    /// <summary>a · b + c, rounded once where possible.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>a &lt; b ? then : otherwise; NaN gives otherwise.</summary>
    static abstract TSelf IfLess(TSelf a, TSelf b, TSelf then, TSelf otherwise);

    /// <summary>
    /// a &gt; b ? then : otherwise; NaN gives otherwise. Use it for a constant b: ILGPU 1.5.3 moves constants to the right of a comparison,
    /// and NaN fulfils the reversed comparison on CUDA.
    /// </summary>
    static virtual TSelf IfMore(TSelf a, TSelf b, TSelf then, TSelf otherwise) => TSelf.IfLess(b, a, then, otherwise);

    /// <summary>|x|.</summary>
    static abstract TSelf Abs(TSelf x);

    /// <summary>A non-negative magnitude with another number's sign.</summary>
    static abstract TSelf CopySign(TSelf magnitude, TSelf sign);

    /// <summary>2ⁿ for a whole number from -126 to 127.</summary>
    static abstract TSelf PowerOfTwo(TSelf n);

    /// <summary>Splits a positive normal number into m · 2^exponent with √½ ≤ m &lt; √2; returns m.</summary>
    static abstract TSelf Split(TSelf x, out TSelf exponent);
}
