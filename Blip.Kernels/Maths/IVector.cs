namespace Blip.Kernels;

/// <summary>A vector of floats that a CPU variant computes with: <see cref="Floats512"/>, <see cref="Floats256"/> or <see cref="Floats128"/>, or two of one as <see cref="Paired{THalf}"/>.</summary>
/// <typeparam name="TSelf">The vector.</typeparam>
internal unsafe interface IVector<TSelf> : IReal<TSelf>
    where TSelf : unmanaged, IVector<TSelf>
{
    /// <summary>Floats per vector.</summary>
    static abstract int Count { get; }

    static abstract TSelf Load(float* source);

    /// <summary>Widens <see cref="DType.Float16"/>.</summary>
    static abstract TSelf LoadFloat16(ushort* source);

    /// <summary>Widens <see cref="DType.BFloat16"/>.</summary>
    static abstract TSelf LoadBFloat16(ushort* source);

    static abstract void Store(TSelf value, float* destination);

    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>Whether a lane of one is greater than the other's lane.</summary>
    static abstract bool AnyGreater(TSelf a, TSelf b);

    /// <summary>eˣ to the last bit or so; <see cref="Maths.Exp"/> is faster.</summary>
    static abstract TSelf Exp(TSelf x);

    /// <summary>√x, rounded once.</summary>
    static abstract TSelf Sqrt(TSelf x);

    /// <summary>Adds the lanes to as many sums in double.</summary>
    static abstract void AddTo(TSelf x, double* sums);

    /// <summary>The sum of the lanes.</summary>
    static abstract float Sum(TSelf x);

    /// <summary>The largest lane.</summary>
    static abstract float Largest(TSelf x);
}
