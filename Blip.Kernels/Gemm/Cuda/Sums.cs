using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// Neighbouring sums of a row in registers. ILGPU splits structs into scalars: nested pairs make tiles of any width
/// without an array, which would lie in memory.
/// </summary>
internal interface ISums<TSelf>
    where TSelf : unmanaged, ISums<TSelf>
{
    static abstract int Count { get; }

    /// <summary>Decodes weight k of <see cref="Count"/> neighbouring outputs.</summary>
    static abstract TSelf Load<TStored, TFormat>(ArrayView<TStored> panel, int k, int output)
        where TStored : unmanaged
        where TFormat : struct, IWeightDType<TStored>;

    static abstract TSelf MultiplyAdd(float x, TSelf w, TSelf sums);

    static abstract void Store(TSelf lanes, ArrayView<float> to, int index);
}

internal struct Sums4 : ISums<Sums4>
{
    public float A, B, C, D;

    public static int Count
    {
        get => 4;
    }

    public static Sums4 Load<TStored, TFormat>(ArrayView<TStored> panel, int k, int output)
        where TStored : unmanaged
        where TFormat : struct, IWeightDType<TStored> => new()
        {
            A = TFormat.Decode(panel[TFormat.Place(k, output)]),
            B = TFormat.Decode(panel[TFormat.Place(k, output + 1)]),
            C = TFormat.Decode(panel[TFormat.Place(k, output + 2)]),
            D = TFormat.Decode(panel[TFormat.Place(k, output + 3)]),
        };

    public static Sums4 MultiplyAdd(float x, Sums4 w, Sums4 sums) => new()
    {
        A = Fused.MultiplyAdd(x, w.A, sums.A),
        B = Fused.MultiplyAdd(x, w.B, sums.B),
        C = Fused.MultiplyAdd(x, w.C, sums.C),
        D = Fused.MultiplyAdd(x, w.D, sums.D),
    };

    public static Sums4 Add(Sums4 a, Sums4 b) => new() { A = a.A + b.A, B = a.B + b.B, C = a.C + b.C, D = a.D + b.D };

    public static void Store(Sums4 lanes, ArrayView<float> to, int index)
    {
        to[index] = lanes.A;
        to[index + 1] = lanes.B;
        to[index + 2] = lanes.C;
        to[index + 3] = lanes.D;
    }
}

/// <summary>Twice as many sums.</summary>
internal struct Pair<THalf> : ISums<Pair<THalf>>
    where THalf : unmanaged, ISums<THalf>
{
    public THalf Low, High;

    public static int Count
    {
        get => 2 * THalf.Count;
    }

    public static Pair<THalf> Load<TStored, TFormat>(ArrayView<TStored> panel, int k, int output)
        where TStored : unmanaged
        where TFormat : struct, IWeightDType<TStored> => new()
        {
            Low = THalf.Load<TStored, TFormat>(panel, k, output),
            High = THalf.Load<TStored, TFormat>(panel, k, output + THalf.Count),
        };

    public static Pair<THalf> MultiplyAdd(float x, Pair<THalf> w, Pair<THalf> sums) => new()
    {
        Low = THalf.MultiplyAdd(x, w.Low, sums.Low),
        High = THalf.MultiplyAdd(x, w.High, sums.High),
    };

    public static void Store(Pair<THalf> lanes, ArrayView<float> to, int index)
    {
        THalf.Store(lanes.Low, to, index);
        THalf.Store(lanes.High, to, index + THalf.Count);
    }
}
