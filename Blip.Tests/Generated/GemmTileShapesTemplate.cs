namespace Blip.Tests.Generated;

/// <summary>The shapes of tiles: types, since a kernel is compiled for each.</summary>
internal static class GemmTileShapesTemplate
{
    private static readonly (int Rows, int Columns, string Summary)[] Shapes =
    [
        (1, 64, "One row: a token of a caption without beams."),
        (6, 16, "12 vectors of 8 floats: what fits 16 registers of AVX2."),
        (6, 32, "24 vectors of 8 floats: what fits 32 registers of AVX-512 where the compiler prefers half their width."),
        (6, 64, "24 vectors of 16 floats: what fits 32 registers of AVX-512."),
        (12, 32, "24 vectors of 16 floats, fewer of them loaded per product."),
    ];

    public static string Write() =>
        $"""
        using System.Runtime.CompilerServices;

        namespace Blip.Kernels;

        {string.Join("\n\n", Shapes.Select(shape => Struct(shape.Rows, shape.Columns, shape.Summary)))}
        """;

    private static string Struct(int rows, int columns, string summary) =>
        $$"""
        /// <summary>{{summary}}</summary>
        internal readonly struct Tile{{rows}}x{{columns}} : IGemmTile
        {
            public static int Rows
            {
                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                get => {{rows}};
            }

            public static int Columns
            {
                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                get => {{columns}};
            }
        }
        """;
}
