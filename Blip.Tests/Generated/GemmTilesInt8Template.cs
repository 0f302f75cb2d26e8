using static Blip.Tests.Generated.Repeat;

namespace Blip.Tests.Generated;

/// <summary>The loops of <c>GemmTilesInt8</c>: rows of X times vectors of a panel, in pairs of whole numbers.</summary>
internal static class GemmTilesInt8Template
{
    public static string Write() =>
        $$"""
        using System.Runtime.CompilerServices;

        namespace Blip.Kernels;

        internal static unsafe partial class GemmTilesInt8<TPairs, TSums>
        {
        {{Tall(rows: 6, least: 4)}}

        {{Wide(rows: 3, least: 2, vectors: 4)}}

        {{Row(vectors: 4)}}
        }
        """;

    // Two rows at a time, all vectors of w in registers.
    private static string Tall(int rows, int least) =>
        $$"""
            /// <summary>{{rows}} rows, 2 vectors: {{2 * rows}} sums in registers.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private static void Tile{{rows}}(short* x, long stride, int rows, sbyte* w, int depth, float* sums)
            {
                // A tile at the end repeats its last row; the sums of the copies are dropped.
                {{Rows(rows)}}
                {{Lines(rows, r => $"TPairs s{r}0 = default, s{r}1 = default;")}}
                for (var k = 0; k < depth; k += 2, w += Step)
                {
                    {{InnerLines(2, v => $"var w{v} = {Widen(v)};")}}
                    {{InnerLines(rows / 2, i => TwoRows(2 * i))}}
                }
                {{Additions(rows, least, vectors: 2)}}
            }
        """;

    private static string TwoRows(int row)
    {
        // The first two rows declare what the others write again.
        var declare = row == 0 ? "var " : "";
        return string.Join("\n            ",
        [
            $"{declare}v0 = TPairs.Repeat({X(row)} + k);",
            $"{declare}v1 = TPairs.Repeat({X(row + 1)} + k);",
            .. Enumerable.Range(0, 4).Select(p => $"{declare}p{p} = v{p / 2} * w{p % 2};"),
            .. Enumerable.Range(0, 4).Select(p => $"s{row + (p / 2)}{p % 2} += p{p};"),
        ]);
    }

    // One vector of w at a time, all rows in registers.
    private static string Wide(int rows, int least, int vectors) =>
        $$"""
            /// <summary>{{rows}} rows, {{vectors}} vectors: {{rows * vectors}} sums in registers.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private static void Tile{{rows}}(short* x, long stride, int rows, sbyte* w, int depth, float* sums)
            {
                {{Rows(rows)}}
                {{Lines(rows, r => $"TPairs {Join(vectors, ", ", v => $"s{r}{v} = default")};")}}
                for (var k = 0; k < depth; k += 2, w += Step)
                {
                    Prefetch(w);
                    {{InnerLines(rows, r => $"var v{r} = TPairs.Repeat({X(r)} + k);")}}
                    {{InnerLines(vectors, v => OneVector(v, rows))}}
                }
                {{Additions(rows, least, vectors)}}
            }
        """;

    private static string OneVector(int vector, int rows)
    {
        var declare = vector == 0 ? "var " : "";
        return string.Join("\n            ",
        [
            $"{declare}wk = {Widen(vector)};",
            .. Enumerable.Range(0, rows).Select(r => $"{declare}p{r} = v{r} * wk;"),
            .. Enumerable.Range(0, rows).Select(r => $"s{r}{vector} += p{r};"),
        ]);
    }

    private static string Row(int vectors) =>
        $$"""
            /// <summary>1 row, {{vectors}} vectors.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private static void Tile1(short* x, sbyte* w, int depth, float* sums)
            {
                TPairs {{Join(vectors, ", ", v => $"s{v} = default")}};
                for (var k = 0; k < depth; k += 2, w += Step)
                {
                    Prefetch(w);
                    var v = TPairs.Repeat(x + k);
                    {{InnerLines(vectors, v => $"var p{v} = v * {Widen(v)};")}}
                    {{InnerLines(vectors, v => $"s{v} += p{v};")}}
                }
                Add(sums, {{Join(vectors, ", ", v => $"s{v}")}});
            }
        """;

    private static string Rows(int rows) =>
        $"var last = rows - 1;\n        {Lines(rows - 1, i => $"var x{i + 1} = x + (Math.Min({i + 1}, last) * stride);")}";

    private static string X(int row) => row == 0 ? "x" : $"x{row}";

    private static string Widen(int vector) => $"TPairs.Widen({Offset("w", 2 * vector, "TPairs.Count")})";

    // The rows that every tile of this height has, and those that the last one may lack.
    private static string Additions(int rows, int least, int vectors) =>
        Lines(rows, r => (r < least ? "" : $"if (rows > {r})\n            ") + Addition(Offset("sums", r, "Width"), r, vectors));

    private static string Addition(string sums, int row, int vectors) => $"Add({sums}, {Join(vectors, ", ", v => $"s{row}{v}")});";
}
