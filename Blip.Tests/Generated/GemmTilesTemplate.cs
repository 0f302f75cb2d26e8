using static Blip.Tests.Generated.Repeat;

namespace Blip.Tests.Generated;

/// <summary>The loops of <c>GemmTiles</c>: rows of X times vectors of a panel.</summary>
internal static class GemmTilesTemplate
{
    private const string Vector = "TVector.Count";

    public static string Write() =>
        $$"""
        using System.Runtime.CompilerServices;

        namespace Blip.Kernels;

        internal static unsafe partial class GemmTiles<TVector, TStored, TFormat>
        {
            // The JIT does not inline so many calls at once, and would run this unoptimised at first: half a second of the first image.
        {{Tile("Tile6", rows: 6, vectors: 4, "AggressiveOptimization")}}

        {{Tile("Tile6x2", rows: 6, vectors: 2, "AggressiveInlining", steps: 4)}}

        {{Tile("Tile3", rows: 3, vectors: 4, "AggressiveInlining")}}

        {{Row(vectors: 4)}}

        {{LongRow(vectors: 8)}}
        }
        """;

    // Several steps of k in a turn: instructions limit tiles of few products, also those of the loop.
    private static string Tile(string name, int rows, int vectors, string option, int steps = 1) =>
        $$"""
            /// <summary>{{rows}} rows by {{vectors}} vectors: {{rows * vectors}} sums in registers.</summary>
            [MethodImpl(MethodImplOptions.{{option}})]
            private static void {{name}}(float* x, long stride, int last, TStored* w, int depth, float* sums)
            {
                // A tile at the end repeats its last row; the sums of the copies are not read.
                {{Lines(rows, r => r == 0 ? "var x0 = x;" : $"var x{r} = x + (Math.Min({r}, last) * stride);")}}
                {{Lines(rows, r => $"TVector {Join(vectors, ", ", v => $"s{r}{v} = default")};")}}
                {{Unrolled(steps, rows, vectors)}} {{Turns(1, rows, vectors)}}
                {{Lines(rows, r => Accumulate("sums", r, 0, vectors))}}
            }
        """;

    private static string Unrolled(int steps, int rows, int vectors) =>
        steps == 1 ? "for (nint k = 0;" : $"nint k = 0;\n        for (; {Turns(steps, rows, vectors)}\n        for (;";

    private static string Turns(int steps, int rows, int vectors) =>
        $$"""
        {{(steps == 1 ? "k < depth; k++, w += Width" : $"k + {steps - 1} < depth; k += {steps}, w += {steps} * Width")}})
                {
                    {{InnerLines(steps, step => Step(step, rows, vectors, steps > 1))}}
                }
        """;

    // Names end with the step's letter, since each is written once.
    private static string Step(int step, int rows, int vectors, bool streams)
    {
        var (end, k, w) = step == 0 ? ("", "k", "w") : ($"{"abcd"[step]}", $"k + {step}", Offset("w", step, "Width"));
        var loads = InnerLines(vectors, v => $"var w{v}{end} = TFormat.Load<TVector>({Offset(w, v, Vector)});");
        var products = InnerLines(rows, r =>
            $"var v{r}{end} = TVector.Create(x{r}[{k}]);\n            {Products(vectors, $"{r}", $"v{r}{end}", v => $"w{v}{end}")}");
        var next = streams ? $"\n            PrefetchNextBlock({w});" : "";
        return $"Prefetch({w}, {vectors});{next}\n            {loads}\n            {products}";
    }

    private static string Row(int vectors) =>
        $$"""
            /// <summary>1 row: {{vectors}} sums in registers.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private static void Tile1(float* x, TStored* w, int depth, float* sums)
            {
                TVector {{Join(vectors, ", ", v => $"s0{v} = default")}};
                for (nint k = 0; k < depth; k++, w += Width)
                {
                    Prefetch(w, {{vectors}});
                    {{Loads(vectors)}}
                    var v = TVector.Create(x[k]);
                    {{Products(vectors, "0", "v", v => $"w{v}")}}
                }
                {{Accumulate("sums", 0, 0, vectors)}}
            }
        """;

    // The vectors of w have no name here: each is read once.
    private static string LongRow(int vectors) =>
        $$"""
            /// <summary>1 row by {{vectors}} vectors.</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void Tile1x{{vectors}}(float* x, TStored* w, int depth, float* sums)
            {
                TVector {{Join(vectors, ", ", v => $"s0{v} = default")}};
                for (nint k = 0; k < depth; k++, w += Width)
                {
                    Prefetch(w, {{vectors}});
                    var v = TVector.Create(x[k]);
                    {{Products(vectors, "0", "v", v => $"TFormat.Load<TVector>({Offset("w", v, Vector)})")}}
                }
                {{Lines(vectors / 4, i => Accumulate(Offset("sums", 4 * i, Vector), 0, 4 * i, 4))}}
            }
        """;

    private static string Loads(int vectors) => InnerLines(vectors, v => $"var w{v} = TFormat.Load<TVector>({Offset("w", v, Vector)});");

    private static string Products(int vectors, string row, string factor, Func<int, string> w) =>
        InnerLines(vectors, v => $"s{row}{v} = TVector.MultiplyAdd({factor}, {w(v)}, s{row}{v});");

    private static string Accumulate(string sums, int row, int first, int vectors) =>
        $"Accumulate({sums}, {row}, {Join(vectors, ", ", v => $"s{row}{first + v}")});";
}
