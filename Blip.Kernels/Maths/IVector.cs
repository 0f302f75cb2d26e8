namespace Blip.Kernels;

/// <summary>
/// A CPU variant's vector of floats: <see cref="Floats512"/>, <see cref="Floats256"/>, <see cref="Floats128"/>, or two as
/// <see cref="Paired{THalf}"/>.
/// </summary>
internal unsafe interface IVector<TSelf> : IReal<TSelf>
    where TSelf : unmanaged, IVector<TSelf>
{
    static abstract int Count { get; }

    static abstract TSelf Load(float* source);

    /// <summary>Widens <see cref="DType.Float16"/>.</summary>
    static abstract TSelf LoadFloat16(ushort* source);

    /// <summary>Widens <see cref="DType.BFloat16"/>.</summary>
    static abstract TSelf LoadBFloat16(ushort* source);

    static abstract void Store(TSelf value, float* destination);

    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>Whether any lane of a is greater than b's.</summary>
    static abstract bool AnyGreater(TSelf a, TSelf b);

    /// <summary>eˣ to about the last bit; <see cref="Maths.Exp"/> is faster.</summary>
    static abstract TSelf Exp(TSelf x);

    /// <summary>√x, rounded once.</summary>
    static abstract TSelf Sqrt(TSelf x);

    /// <summary>Adds the lanes to double sums.</summary>
    static abstract void AddTo(TSelf x, double* sums);

    /// <summary>The sum of the lanes.</summary>
    static abstract float Sum(TSelf x);

    static abstract float Largest(TSelf x);
}
