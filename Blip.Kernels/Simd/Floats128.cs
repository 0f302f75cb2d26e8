using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Blip.Kernels;

/// <summary>4 floats.</summary>
/// <param name="value">The lanes.</param>
internal readonly unsafe struct Floats128(Vector128<float> value) : IVector<Floats128>
{
    private readonly Vector128<float> value = value;

    public static int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector128<float>.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats128 operator +(Floats128 a, Floats128 b) => new(a.value + b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats128 operator -(Floats128 a, Floats128 b) => new(a.value - b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats128 operator *(Floats128 a, Floats128 b) => new(a.value * b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats128 operator /(Floats128 a, Floats128 b) => new(a.value / b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats128 Load(float* source) => new(Vector128.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats128 LoadFloat16(ushort* source)
    {
        var bits = Vector128.WidenLower(Vector64.Load(source).ToVector128Unsafe());
        var magnitude = ((bits & Vector128.Create(0x7FFFu)) << 13).AsSingle() * Vector128.Create(SixteenBits.Rebias);
        var sign = (bits & Vector128.Create(0x8000u)) << 16;
        var infinite = Vector128.GreaterThanOrEqual(magnitude, Vector128.Create(SixteenBits.Infinite)).AsUInt32() & Vector128.Create(0x7F800000u);
        return new((magnitude.AsUInt32() | sign | infinite).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats128 LoadBFloat16(ushort* source) => new((Vector128.WidenLower(Vector64.Load(source).ToVector128Unsafe()) << 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Floats128 value, float* destination) => value.value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats128 Create(float value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats128 MultiplyAdd(Floats128 a, Floats128 b, Floats128 c) => new(Vector128.MultiplyAddEstimate(a.value, b.value, c.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats128 IfLess(Floats128 a, Floats128 b, Floats128 then, Floats128 otherwise) =>
        new(Vector128.ConditionalSelect(Vector128.LessThan(a.value, b.value), then.value, otherwise.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats128 Abs(Floats128 x) => new(Vector128.Abs(x.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats128 CopySign(Floats128 magnitude, Floats128 sign) => new(Vector128.CopySign(magnitude.value, sign.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats128 PowerOfTwo(Floats128 n) => new(((n.value + Vector128.Create(Maths.ExponentToBits)).AsInt32() << 23).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats128 Split(Floats128 x, out Floats128 exponent)
    {
        var bits = x.value.AsInt32();
        var power = (bits - Vector128.Create(Maths.SquareRootOfHalf)) >> 23;
        exponent = new(Vector128.ConvertToSingle(power));
        return new((bits - (power << 23)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats128 Max(Floats128 a, Floats128 b) => new(Vector128.Max(a.value, b.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyGreater(Floats128 a, Floats128 b) => Vector128.GreaterThanAny(a.value, b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats128 Exp(Floats128 x) => new(Vector128.Exp(x.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo(Floats128 x, double* sums)
    {
        var (low, high) = Vector128.Widen(x.value);
        (Vector128.Load(sums) + low).Store(sums);
        (Vector128.Load(sums + Vector128<double>.Count) + high).Store(sums + Vector128<double>.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Floats128 x) => Vector128.Sum(x.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Floats128 x)
    {
        var pairs = Vector128.Max(x.value, Vector128.Shuffle(x.value, Vector128.Create(2, 3, 0, 1)));
        return MathF.Max(pairs[0], pairs[1]);
    }
}
