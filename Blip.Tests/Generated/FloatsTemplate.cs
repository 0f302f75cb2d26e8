namespace Blip.Tests.Generated;

/// <summary>Vectors of floats.</summary>
internal static class FloatsTemplate
{
    /// <summary>The file of a width in bits.</summary>
    public static string Write(int width)
    {
        var (type, vector, half) = ($"Floats{width}", $"Vector{width}", $"Vector{width / 2}");
        // The narrowest vectors end the recursion: each wider one halves itself.
        var largest = width == 128 ? LargestOfFour : $"""
                public static float Largest({type} x) =>
                    Floats{width / 2}.Largest(new({half}.Max(x.value.GetLower(), x.value.GetUpper())));
            """;
        return $$"""
            using System.Runtime.CompilerServices;
            using System.Runtime.Intrinsics;

            namespace Blip.Kernels;

            /// <summary>{{width / 32}} floats.</summary>
            /// <param name="value">The lanes.</param>
            internal readonly unsafe struct {{type}}({{vector}}<float> value) : IVector<{{type}}>
            {
                private readonly {{vector}}<float> value = value;

                public static int Count
                {
                    [MethodImpl(MethodImplOptions.AggressiveInlining)]
                    get => {{vector}}<float>.Count;
                }

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static {{type}} operator +({{type}} a, {{type}} b) => new(a.value + b.value);

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static {{type}} operator -({{type}} a, {{type}} b) => new(a.value - b.value);

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static {{type}} operator *({{type}} a, {{type}} b) => new(a.value * b.value);

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static {{type}} operator /({{type}} a, {{type}} b) => new(a.value / b.value);

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static {{type}} Load(float* source) => new({{vector}}.Load(source));

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static {{type}} LoadFloat16(ushort* source)
                {
                    var bits = {{vector}}.WidenLower({{half}}.Load(source).ToVector{{width}}Unsafe());
                    var magnitude = ((bits & {{vector}}.Create(0x7FFFu)) << 13).AsSingle() * {{vector}}.Create(SixteenBits.Rebias);
                    var sign = (bits & {{vector}}.Create(0x8000u)) << 16;
                    var infinite =
                        {{vector}}.GreaterThanOrEqual(magnitude, {{vector}}.Create(SixteenBits.Infinite)).AsUInt32()
                        & {{vector}}.Create(0x7F800000u);
                    return new((magnitude.AsUInt32() | sign | infinite).AsSingle());
                }

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static {{type}} LoadBFloat16(ushort* source) =>
                    new(({{vector}}.WidenLower({{half}}.Load(source).ToVector{{width}}Unsafe()) << 16).AsSingle());

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static void Store({{type}} value, float* destination) => value.value.Store(destination);

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static {{type}} Create(float value) => new({{vector}}.Create(value));

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static {{type}} MultiplyAdd({{type}} a, {{type}} b, {{type}} c) =>
                    new({{vector}}.MultiplyAddEstimate(a.value, b.value, c.value));

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static {{type}} IfLess({{type}} a, {{type}} b, {{type}} then, {{type}} otherwise) =>
                    new({{vector}}.ConditionalSelect({{vector}}.LessThan(a.value, b.value), then.value, otherwise.value));

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static {{type}} Abs({{type}} x) => new({{vector}}.Abs(x.value));

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static {{type}} CopySign({{type}} magnitude, {{type}} sign) => new({{vector}}.CopySign(magnitude.value, sign.value));

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static {{type}} PowerOfTwo({{type}} n) =>
                    new(((n.value + {{vector}}.Create(Maths.ExponentToBits)).AsInt32() << 23).AsSingle());

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static {{type}} Split({{type}} x, out {{type}} exponent)
                {
                    var bits = x.value.AsInt32();
                    var power = (bits - {{vector}}.Create(Maths.SquareRootOfHalf)) >> 23;
                    exponent = new({{vector}}.ConvertToSingle(power));
                    return new((bits - (power << 23)).AsSingle());
                }

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static {{type}} Max({{type}} a, {{type}} b) => new({{vector}}.Max(a.value, b.value));

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static bool AnyGreater({{type}} a, {{type}} b) => {{vector}}.GreaterThanAny(a.value, b.value);

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static {{type}} Exp({{type}} x) => new({{vector}}.Exp(x.value));

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static {{type}} Sqrt({{type}} x) => new({{vector}}.Sqrt(x.value));

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static void AddTo({{type}} x, double* sums)
                {
                    var (low, high) = {{vector}}.Widen(x.value);
                    ({{vector}}.Load(sums) + low).Store(sums);
                    ({{vector}}.Load(sums + {{vector}}<double>.Count) + high).Store(sums + {{vector}}<double>.Count);
                }

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static float Sum({{type}} x) => {{vector}}.Sum(x.value);

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
            {{largest}}
            }
            """;
    }

    private const string LargestOfFour =
        """
            public static float Largest(Floats128 x)
            {
                var pairs = Vector128.Max(x.value, Vector128.Shuffle(x.value, Vector128.Create(2, 3, 0, 1)));
                return MathF.Max(pairs[0], pairs[1]);
            }
        """;
}
