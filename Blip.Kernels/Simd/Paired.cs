using System.Runtime.CompilerServices;

namespace Blip.Kernels;

/// <summary>
/// Two vectors as one. Sums over lanes use <see cref="Floats512"/> or 16 lanes of these: one order and one accuracy for every width.
/// </summary>
internal readonly unsafe struct Paired<THalf>(THalf low, THalf high) : IVector<Paired<THalf>>
    where THalf : unmanaged, IVector<THalf>
{
    private readonly THalf low = low, high = high;

    public static int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 2 * THalf.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Paired<THalf> operator +(Paired<THalf> a, Paired<THalf> b) => new(a.low + b.low, a.high + b.high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Paired<THalf> operator -(Paired<THalf> a, Paired<THalf> b) => new(a.low - b.low, a.high - b.high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Paired<THalf> operator *(Paired<THalf> a, Paired<THalf> b) => new(a.low * b.low, a.high * b.high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Paired<THalf> operator /(Paired<THalf> a, Paired<THalf> b) => new(a.low / b.low, a.high / b.high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Paired<THalf> Load(float* source) => new(THalf.Load(source), THalf.Load(source + THalf.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Paired<THalf> LoadFloat16(ushort* source) => new(THalf.LoadFloat16(source), THalf.LoadFloat16(source + THalf.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Paired<THalf> LoadBFloat16(ushort* source) => new(THalf.LoadBFloat16(source), THalf.LoadBFloat16(source + THalf.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Paired<THalf> value, float* destination)
    {
        THalf.Store(value.low, destination);
        THalf.Store(value.high, destination + THalf.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Paired<THalf> Create(float value) => new(THalf.Create(value), THalf.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Paired<THalf> MultiplyAdd(Paired<THalf> a, Paired<THalf> b, Paired<THalf> c) =>
        new(THalf.MultiplyAdd(a.low, b.low, c.low), THalf.MultiplyAdd(a.high, b.high, c.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Paired<THalf> IfLess(Paired<THalf> a, Paired<THalf> b, Paired<THalf> then, Paired<THalf> otherwise) =>
        new(THalf.IfLess(a.low, b.low, then.low, otherwise.low), THalf.IfLess(a.high, b.high, then.high, otherwise.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Paired<THalf> Abs(Paired<THalf> x) => new(THalf.Abs(x.low), THalf.Abs(x.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Paired<THalf> CopySign(Paired<THalf> magnitude, Paired<THalf> sign) =>
        new(THalf.CopySign(magnitude.low, sign.low), THalf.CopySign(magnitude.high, sign.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Paired<THalf> PowerOfTwo(Paired<THalf> n) => new(THalf.PowerOfTwo(n.low), THalf.PowerOfTwo(n.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Paired<THalf> Split(Paired<THalf> x, out Paired<THalf> exponent)
    {
        var (low, high) = (THalf.Split(x.low, out var lowExponent), THalf.Split(x.high, out var highExponent));
        exponent = new(lowExponent, highExponent);
        return new(low, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Paired<THalf> Max(Paired<THalf> a, Paired<THalf> b) => new(THalf.Max(a.low, b.low), THalf.Max(a.high, b.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyGreater(Paired<THalf> a, Paired<THalf> b) => THalf.AnyGreater(a.low, b.low) || THalf.AnyGreater(a.high, b.high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Paired<THalf> Exp(Paired<THalf> x) => new(THalf.Exp(x.low), THalf.Exp(x.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Paired<THalf> Sqrt(Paired<THalf> x) => new(THalf.Sqrt(x.low), THalf.Sqrt(x.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo(Paired<THalf> x, double* sums)
    {
        THalf.AddTo(x.low, sums);
        THalf.AddTo(x.high, sums + THalf.Count);
    }

    // In the order of .NET's vectors.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Paired<THalf> x) => THalf.Sum(x.low) + THalf.Sum(x.high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Paired<THalf> x) => MathF.Max(THalf.Largest(x.low), THalf.Largest(x.high));
}
