namespace Blip.Kernels;

/// <summary>
/// A width of vectors, so that a CPU kernel is written once: <see cref="Lanes512"/> on AVX-512, <see cref="Lanes256"/> on anything else.
/// Both round alike, lane by lane; sums over lanes differ in their order.
/// </summary>
/// <typeparam name="TVector">The vector of floats.</typeparam>
internal unsafe interface ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Floats per vector.</summary>
    static abstract int Count { get; }

    static abstract TVector Load(float* source);

    static abstract void Store(TVector value, float* destination);

    /// <summary>The value in every lane.</summary>
    static abstract TVector Create(float value);

    static abstract TVector Add(TVector left, TVector right);

    static abstract TVector Subtract(TVector left, TVector right);

    static abstract TVector Multiply(TVector left, TVector right);

    static abstract TVector Divide(TVector left, TVector right);

    /// <summary>left · right + addend, rounded once where the processor can.</summary>
    static abstract TVector MultiplyAdd(TVector left, TVector right, TVector addend);

    static abstract TVector Max(TVector left, TVector right);

    static abstract TVector Abs(TVector value);

    /// <summary>e to the power of each lane as <see cref="SoftmaxExp.Exp"/> gives it; no lane above 0.</summary>
    static abstract TVector ExpOfNegative(TVector value);

    /// <summary>The sum of the lanes.</summary>
    static abstract float Sum(TVector value);

    /// <summary>The largest lane.</summary>
    static abstract float Largest(TVector value);
}
