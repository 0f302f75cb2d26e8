using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Blip.Kernels;

/// <summary>16 floats.</summary>
/// <param name="value">The lanes.</param>
internal readonly unsafe struct Floats512(Vector512<float> value) : IVector<Floats512>
{
    private readonly Vector512<float> value = value;

    public static int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512<float>.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats512 operator +(Floats512 a, Floats512 b) => new(a.value + b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats512 operator -(Floats512 a, Floats512 b) => new(a.value - b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats512 operator *(Floats512 a, Floats512 b) => new(a.value * b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats512 operator /(Floats512 a, Floats512 b) => new(a.value / b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats512 Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats512 LoadFloat16(ushort* source)
    {
        var bits = Vector512.WidenLower(Vector256.Load(source).ToVector512Unsafe());
        var magnitude = ((bits & Vector512.Create(0x7FFFu)) << 13).AsSingle() * Vector512.Create(SixteenBits.Rebias);
        var sign = (bits & Vector512.Create(0x8000u)) << 16;
        var infinite = Vector512.GreaterThanOrEqual(magnitude, Vector512.Create(SixteenBits.Infinite)).AsUInt32() & Vector512.Create(0x7F800000u);
        return new((magnitude.AsUInt32() | sign | infinite).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats512 LoadBFloat16(ushort* source) => new((Vector512.WidenLower(Vector256.Load(source).ToVector512Unsafe()) << 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Floats512 value, float* destination) => value.value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats512 Create(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats512 MultiplyAdd(Floats512 a, Floats512 b, Floats512 c) => new(Vector512.MultiplyAddEstimate(a.value, b.value, c.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats512 IfLess(Floats512 a, Floats512 b, Floats512 then, Floats512 otherwise) =>
        new(Vector512.ConditionalSelect(Vector512.LessThan(a.value, b.value), then.value, otherwise.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats512 Abs(Floats512 x) => new(Vector512.Abs(x.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats512 CopySign(Floats512 magnitude, Floats512 sign) => new(Vector512.CopySign(magnitude.value, sign.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats512 PowerOfTwo(Floats512 n) => new(((n.value + Vector512.Create(Maths.ExponentToBits)).AsInt32() << 23).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats512 Split(Floats512 x, out Floats512 exponent)
    {
        var bits = x.value.AsInt32();
        var power = (bits - Vector512.Create(Maths.SquareRootOfHalf)) >> 23;
        exponent = new(Vector512.ConvertToSingle(power));
        return new((bits - (power << 23)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats512 Max(Floats512 a, Floats512 b) => new(Vector512.Max(a.value, b.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyGreater(Floats512 a, Floats512 b) => Vector512.GreaterThanAny(a.value, b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats512 Exp(Floats512 x) => new(Vector512.Exp(x.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo(Floats512 x, double* sums)
    {
        var (low, high) = Vector512.Widen(x.value);
        (Vector512.Load(sums) + low).Store(sums);
        (Vector512.Load(sums + Vector512<double>.Count) + high).Store(sums + Vector512<double>.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Floats512 x) => Vector512.Sum(x.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Floats512 x) => Floats256.Largest(new(Vector256.Max(x.value.GetLower(), x.value.GetUpper())));
}
