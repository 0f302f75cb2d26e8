using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Blip.Kernels;

/// <summary>8 floats.</summary>
/// <param name="value">The lanes.</param>
internal readonly unsafe struct Floats256(Vector256<float> value) : IVector<Floats256>
{
    private readonly Vector256<float> value = value;

    public static int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector256<float>.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats256 operator +(Floats256 a, Floats256 b) => new(a.value + b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats256 operator -(Floats256 a, Floats256 b) => new(a.value - b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats256 operator *(Floats256 a, Floats256 b) => new(a.value * b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats256 operator /(Floats256 a, Floats256 b) => new(a.value / b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats256 Load(float* source) => new(Vector256.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats256 LoadFloat16(ushort* source)
    {
        var bits = Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe());
        var magnitude = ((bits & Vector256.Create(0x7FFFu)) << 13).AsSingle() * Vector256.Create(SixteenBits.Rebias);
        var sign = (bits & Vector256.Create(0x8000u)) << 16;
        var infinite = Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(SixteenBits.Infinite)).AsUInt32() & Vector256.Create(0x7F800000u);
        return new((magnitude.AsUInt32() | sign | infinite).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats256 LoadBFloat16(ushort* source) => new((Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe()) << 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Floats256 value, float* destination) => value.value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats256 Create(float value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats256 MultiplyAdd(Floats256 a, Floats256 b, Floats256 c) => new(Vector256.MultiplyAddEstimate(a.value, b.value, c.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats256 IfLess(Floats256 a, Floats256 b, Floats256 then, Floats256 otherwise) =>
        new(Vector256.ConditionalSelect(Vector256.LessThan(a.value, b.value), then.value, otherwise.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats256 Abs(Floats256 x) => new(Vector256.Abs(x.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats256 CopySign(Floats256 magnitude, Floats256 sign) => new(Vector256.CopySign(magnitude.value, sign.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats256 PowerOfTwo(Floats256 n) => new(((n.value + Vector256.Create(Maths.ExponentToBits)).AsInt32() << 23).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats256 Split(Floats256 x, out Floats256 exponent)
    {
        var bits = x.value.AsInt32();
        var power = (bits - Vector256.Create(Maths.SquareRootOfHalf)) >> 23;
        exponent = new(Vector256.ConvertToSingle(power));
        return new((bits - (power << 23)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats256 Max(Floats256 a, Floats256 b) => new(Vector256.Max(a.value, b.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyGreater(Floats256 a, Floats256 b) => Vector256.GreaterThanAny(a.value, b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats256 Exp(Floats256 x) => new(Vector256.Exp(x.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo(Floats256 x, double* sums)
    {
        var (low, high) = Vector256.Widen(x.value);
        (Vector256.Load(sums) + low).Store(sums);
        (Vector256.Load(sums + Vector256<double>.Count) + high).Store(sums + Vector256<double>.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Floats256 x) => Vector256.Sum(x.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Floats256 x) => Floats128.Largest(new(Vector128.Max(x.value.GetLower(), x.value.GetUpper())));
}
