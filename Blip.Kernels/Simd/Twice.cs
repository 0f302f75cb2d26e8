using System.Runtime.CompilerServices;

namespace Blip.Kernels;

/// <summary>
/// Two vectors as one of twice the lanes. What adds up over lanes takes <see cref="Floats512"/> or as many of these as make 16 lanes, so
/// that its sums have one order, and one accuracy, with vectors of any width.
/// </summary>
/// <typeparam name="THalf">Each half.</typeparam>
/// <param name="low">The first lanes.</param>
/// <param name="high">The others.</param>
internal readonly unsafe struct Twice<THalf>(THalf low, THalf high) : IVector<Twice<THalf>>
    where THalf : unmanaged, IVector<THalf>
{
    private readonly THalf low = low, high = high;

    public static int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 2 * THalf.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twice<THalf> operator +(Twice<THalf> a, Twice<THalf> b) => new(a.low + b.low, a.high + b.high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twice<THalf> operator -(Twice<THalf> a, Twice<THalf> b) => new(a.low - b.low, a.high - b.high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twice<THalf> operator *(Twice<THalf> a, Twice<THalf> b) => new(a.low * b.low, a.high * b.high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twice<THalf> operator /(Twice<THalf> a, Twice<THalf> b) => new(a.low / b.low, a.high / b.high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twice<THalf> Load(float* source) => new(THalf.Load(source), THalf.Load(source + THalf.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twice<THalf> LoadFloat16(ushort* source) => new(THalf.LoadFloat16(source), THalf.LoadFloat16(source + THalf.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twice<THalf> LoadBFloat16(ushort* source) => new(THalf.LoadBFloat16(source), THalf.LoadBFloat16(source + THalf.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Twice<THalf> value, float* destination)
    {
        THalf.Store(value.low, destination);
        THalf.Store(value.high, destination + THalf.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twice<THalf> Create(float value) => new(THalf.Create(value), THalf.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twice<THalf> MultiplyAdd(Twice<THalf> a, Twice<THalf> b, Twice<THalf> c) =>
        new(THalf.MultiplyAdd(a.low, b.low, c.low), THalf.MultiplyAdd(a.high, b.high, c.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twice<THalf> IfLess(Twice<THalf> a, Twice<THalf> b, Twice<THalf> then, Twice<THalf> otherwise) =>
        new(THalf.IfLess(a.low, b.low, then.low, otherwise.low), THalf.IfLess(a.high, b.high, then.high, otherwise.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twice<THalf> Abs(Twice<THalf> x) => new(THalf.Abs(x.low), THalf.Abs(x.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twice<THalf> CopySign(Twice<THalf> magnitude, Twice<THalf> sign) =>
        new(THalf.CopySign(magnitude.low, sign.low), THalf.CopySign(magnitude.high, sign.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twice<THalf> PowerOfTwo(Twice<THalf> n) => new(THalf.PowerOfTwo(n.low), THalf.PowerOfTwo(n.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twice<THalf> Split(Twice<THalf> x, out Twice<THalf> exponent)
    {
        var (low, high) = (THalf.Split(x.low, out var lowExponent), THalf.Split(x.high, out var highExponent));
        exponent = new(lowExponent, highExponent);
        return new(low, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twice<THalf> Max(Twice<THalf> a, Twice<THalf> b) => new(THalf.Max(a.low, b.low), THalf.Max(a.high, b.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyGreater(Twice<THalf> a, Twice<THalf> b) => THalf.AnyGreater(a.low, b.low) || THalf.AnyGreater(a.high, b.high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twice<THalf> Exp(Twice<THalf> x) => new(THalf.Exp(x.low), THalf.Exp(x.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo(Twice<THalf> x, double* sums)
    {
        THalf.AddTo(x.low, sums);
        THalf.AddTo(x.high, sums + THalf.Count);
    }

    // As the vectors of .NET add up their own lanes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Twice<THalf> x) => THalf.Sum(x.low) + THalf.Sum(x.high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Twice<THalf> x) => MathF.Max(THalf.Largest(x.low), THalf.Largest(x.high));
}
