namespace Blip.Tests.Generated;

/// <summary>Vectors of pairs of 16-bit numbers, and of their sums.</summary>
internal static class PairsTemplate
{
    private const string WidenFour =
        """
            public static Pairs128 Widen(sbyte* source) =>
                new(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)source).AsSByte()).AsInt32());
        """;

    private const string ProductsOfArm =
        """

                if (AdvSimd.Arm64.IsSupported)
                    return AdvSimd.Arm64.AddPairwise(
                        AdvSimd.MultiplyWideningLower(a.AsInt16().GetLower(), b.AsInt16().GetLower()),
                        AdvSimd.MultiplyWideningUpper(a.AsInt16(), b.AsInt16()));
        """;

    /// <summary>The file of a width in bits.</summary>
    public static string Write(int width)
    {
        // The extension of x86 that has this width, and ARM's vectors of 128 bits.
        var x86 = width switch
        {
            128 => "Sse2",
            256 => "Avx2",
            512 => "Avx512BW",
            _ => throw new ArgumentOutOfRangeException(nameof(width), width, "no extension of x86 has vectors of so many bits"),
        };
        var (usingArm, productsOfArm) = width == 128 ? ("\nusing System.Runtime.Intrinsics.Arm;", ProductsOfArm) : ("", "");
        var (type, vector, half) = ($"Pairs{width}", $"Vector{width}", $"Vector{width / 2}");
        var widen = width == 128 ? WidenFour : $$"""
                public static {{type}} Widen(sbyte* source)
                {
                    var bytes = {{half}}.Load(source);
                    return new((
                        {{x86}}.IsSupported
                            ? {{x86}}.ConvertToVector{{width}}Int16(bytes)
                            : {{vector}}.Create({{half}}.WidenLower(bytes), {{half}}.WidenUpper(bytes))).AsInt32());
                }
            """;
        return $$"""
            using System.Runtime.CompilerServices;
            using System.Runtime.Intrinsics;{{usingArm}}
            using System.Runtime.Intrinsics.X86;

            namespace Blip.Kernels;

            /// <summary>{{width / 32}} pairs, or sums.</summary>
            /// <param name="value">Pairs as 32 bits, the first one low; or sums.</param>
            internal readonly unsafe struct {{type}}({{vector}}<int> value) : IPairs<{{type}}>
            {
                private readonly {{vector}}<int> value = value;

                public static int Count
                {
                    [MethodImpl(MethodImplOptions.AggressiveInlining)]
                    get => {{vector}}<int>.Count;
                }

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static {{type}} operator +({{type}} a, {{type}} b) => new(a.value + b.value);

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static {{type}} operator *({{type}} a, {{type}} b) => new(Products(a.value, b.value));

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
            {{widen}}

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static {{type}} Repeat(short* pair) => new({{vector}}.Create(*(int*)pair));

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static void AddTo({{type}} sums, float* to) =>
                    ({{vector}}.Load(to) + {{vector}}.ConvertToSingle(sums.value)).Store(to);

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                public static void AddTo({{type}} sums, int* to) => ({{vector}}.Load(to) + sums.value).Store(to);

                /// <summary>The products on every processor: the halves of each pair by shifts.</summary>
                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                internal static {{vector}}<int> ProductsByShifts({{vector}}<int> a, {{vector}}<int> b) =>
                    (((a << 16) >> 16) * ((b << 16) >> 16)) + ((a >> 16) * (b >> 16));

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                private static {{vector}}<int> Products({{vector}}<int> a, {{vector}}<int> b)
                {
                    if ({{x86}}.IsSupported)
                        return {{x86}}.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16());{{productsOfArm}}
                    return ProductsByShifts(a, b);
                }
            }
            """;
    }
}
