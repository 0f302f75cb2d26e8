using static Blip.Tests.Generated.Repeat;

namespace Blip.Tests.Generated;

/// <summary>The loops of <c>PanelProduct</c>: rows of a matrix times vectors of a panel.</summary>
internal static class PanelProductTemplate
{
    private const string Vector = "TVector.Count";

    // Steps of k in a turn of the loop.
    private const int Steps = 2;

    public static string Write() =>
        $$"""
        using System.Runtime.CompilerServices;

        namespace Blip.Kernels;

        internal static unsafe partial class PanelProduct
        {
        {{Line("One row by 4 vectors: the query of a token.", vectors: 4)}}

        {{Line("One row by 2 vectors.", vectors: 2)}}

        {{Block(rows: 6)}}

        {{TurnedBlock(rows: 6)}}
        }
        """;

    private static string Line(string comment, int vectors) =>
        $$"""
            // {{comment}}
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void Line{{vectors}}<TVector>(float* a, float* b, int bStride, float* c, int depth, bool add)
                where TVector : unmanaged, IVector<TVector>
            {
                var zero = TVector.Create(0);
                TVector {{Join(vectors, ", ", v => $"s{v} = zero")}};
                if (add)
                {
                    {{InnerLines(vectors, v => $"s{v} = TVector.Load({Offset("c", v, Vector)});")}}
                }
                for (nint k = 0; k < depth; k++, b += bStride)
                {
                    var x = TVector.Create(a[k]);
                    {{InnerLines(vectors, v => $"s{v} = TVector.MultiplyAdd(x, TVector.Load({Offset("b", v, Vector)}), s{v});")}}
                }
                {{Lines(vectors, v => $"TVector.Store(s{v}, {Offset("c", v, Vector)});")}}
            }
        """;

    private static string Block(int rows) =>
        $$"""
            // Rows that are missing repeat the last one: they compute and store the same again.
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void Block<TVector>(
                float* a, long aStride, int rows, float* b, int bStride, float* c, int cStride, int depth, bool add)
                where TVector : unmanaged, IVector<TVector>
            {
                {{Lines(rows - 1, i => i + 2 == rows ? $"long r{i + 1} = rows - 1;" : $"long r{i + 1} = Math.Min({i + 1}, rows - 1);")}}
                {{Lines(rows, r => r == 0 ? "var a0 = a;" : $"var a{r} = a + (r{r} * aStride);")}}
                {{Lines(rows, r => r == 0 ? "var c0 = c;" : $"var c{r} = c + (r{r} * cStride);")}}
                var zero = TVector.Create(0);
                {{Lines(rows, r => $"TVector s{r}0 = zero, s{r}1 = zero;")}}
                if (add)
                {
                    {{InnerLines(2 * rows, i => $"s{i / 2}{i % 2} = TVector.Load({Offset($"c{i / 2}", i % 2, Vector)});")}}
                }
                nint k = 0;
                for (; k + {{Steps - 1}} < depth; k += {{Steps}})
                {
                    {{InnerLines(Steps, step => Step(step, rows, row => $"a{row}[{(step == 0 ? "k" : $"k + {step}")}]"))}}
                }
                for (; k < depth; k++)
                {
                    {{Step(0, rows, row => $"a{row}[k]")}}
                }
                {{Lines(2 * rows, i => $"TVector.Store(s{i / 2}{i % 2}, {Offset($"c{i / 2}", i % 2, Vector)});")}}
            }
        """;

    private static string TurnedBlock(int rows) =>
        $$"""
            // The same where the left side is turned: element k of row r is a[k · aStride + r].
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void TurnedBlock<TVector>(
                float* a, int aStride, int rows, float* b, int bStride, float* c, int cStride, int depth)
                where TVector : unmanaged, IVector<TVector>
            {
                {{Lines(rows - 1, i => i + 2 == rows ? $"long r{i + 1} = rows - 1;" : $"long r{i + 1} = Math.Min({i + 1}, rows - 1);")}}
                {{Lines(rows, r => r == 0 ? "var c0 = c;" : $"var c{r} = c + (r{r} * cStride);")}}
                {{Lines(2 * rows, i => $"var s{i / 2}{i % 2} = TVector.Load({Offset($"c{i / 2}", i % 2, Vector)});")}}
                nint k = 0;
                for (; k + {{Steps - 1}} < depth; k += {{Steps}})
                {
                    {{InnerLines(Steps, step => TurnedStep(step, rows))}}
                }
                for (; k < depth; k++)
                {
                    {{TurnedStep(0, rows)}}
                }
                {{Lines(2 * rows, i => $"TVector.Store(s{i / 2}{i % 2}, {Offset($"c{i / 2}", i % 2, Vector)});")}}
            }
        """;

    private static string TurnedStep(int step, int rows) =>
        $"{Step(step, rows, row => row == 0 ? "a[0]" : $"a[r{row}]")}\n            a += aStride;";

    // Names end with the step's letter, since each is written once.
    private static string Step(int step, int rows, Func<int, string> factor)
    {
        var end = step == 0 ? "" : $"{"abcd"[step]}";
        return $"""
            var b0{end} = TVector.Load(b);
                        var b1{end} = TVector.Load(b + TVector.Count);
                        b += bStride;
                        {InnerLines(rows, row => RowProducts(row, factor(row), end))}
            """;
    }

    private static string RowProducts(int row, string factor, string end) =>
        $"var x{row}{end} = TVector.Create({factor});\n            "
        + InnerLines(2, v => $"s{row}{v} = TVector.MultiplyAdd(x{row}{end}, b{v}{end}, s{row}{v});");
}
