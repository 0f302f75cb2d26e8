using SkiaSharp;

namespace Blip.Runtime.Imaging;

/// <summary>
/// Letters of 5 by 7 dots. SkiaSharp's build without dependencies finds no fonts on Linux, and a label should look the same everywhere.
/// </summary>
internal static class PixelFont
{
    /// <summary>Columns of a letter, and the gap to the next.</summary>
    public const int Width = 5, Advance = 6;

    /// <summary>Rows of a letter.</summary>
    public const int Height = 7;

    private const string Glyphs = """
        A .###. #...# #...# ##### #...# #...# #...#
        B ####. #...# #...# ####. #...# #...# ####.
        C .###. #...# #.... #.... #.... #...# .###.
        D ####. #...# #...# #...# #...# #...# ####.
        E ##### #.... #.... ####. #.... #.... #####
        F ##### #.... #.... ####. #.... #.... #....
        G .###. #...# #.... #.### #...# #...# .###.
        H #...# #...# #...# ##### #...# #...# #...#
        I .###. ..#.. ..#.. ..#.. ..#.. ..#.. .###.
        J ..### ...#. ...#. ...#. ...#. #..#. .##..
        K #...# #..#. #.#.. ##... #.#.. #..#. #...#
        L #.... #.... #.... #.... #.... #.... #####
        M #...# ##.## #.#.# #.#.# #...# #...# #...#
        N #...# ##..# ##..# #.#.# #..## #..## #...#
        O .###. #...# #...# #...# #...# #...# .###.
        P ####. #...# #...# ####. #.... #.... #....
        Q .###. #...# #...# #...# #.#.# #..#. .##.#
        R ####. #...# #...# ####. #.#.. #..#. #...#
        S .#### #.... #.... .###. ....# ....# ####.
        T ##### ..#.. ..#.. ..#.. ..#.. ..#.. ..#..
        U #...# #...# #...# #...# #...# #...# .###.
        V #...# #...# #...# #...# .#.#. .#.#. ..#..
        W #...# #...# #...# #.#.# #.#.# ##.## #...#
        X #...# #...# .#.#. ..#.. .#.#. #...# #...#
        Y #...# #...# .#.#. ..#.. ..#.. ..#.. ..#..
        Z ##### ....# ...#. ..#.. .#... #.... #####
        0 .###. #...# #..## #.#.# ##..# #...# .###.
        1 ..#.. .##.. ..#.. ..#.. ..#.. ..#.. .###.
        2 .###. #...# ....# ..##. .#... #.... #####
        3 .###. #...# ....# ..##. ....# #...# .###.
        4 ...#. ..##. .#.#. #..#. ##### ...#. ...#.
        5 ##### #.... ####. ....# ....# #...# .###.
        6 .###. #.... #.... ####. #...# #...# .###.
        7 ##### ....# ...#. ..#.. ..#.. ..#.. ..#..
        8 .###. #...# #...# .###. #...# #...# .###.
        9 .###. #...# #...# .#### ....# ....# .###.
        . ..... ..... ..... ..... ..... .##.. .##..
        , ..... ..... ..... ..... .##.. ..#.. .#...
        ? .###. #...# ....# ..##. ..#.. ..... ..#..
        ! ..#.. ..#.. ..#.. ..#.. ..#.. ..... ..#..
        ' ..#.. ..#.. .#... ..... ..... ..... .....
        " .#.#. .#.#. ..... ..... ..... ..... .....
        - ..... ..... ..... .###. ..... ..... .....
        # .#.#. .#.#. ##### .#.#. ##### .#.#. .#.#.
        : ..... .##.. .##.. ..... .##.. .##.. .....
        / ....# ....# ...#. ..#.. .#... #.... #....
        & .##.. #..#. #.#.. .#... #.#.# #..#. .##.#
        $ ..#.. .#### #.#.. .###. ..#.# ####. ..#..
        ( ...#. ..#.. .#... .#... .#... ..#.. ...#.
        ) .#... ..#.. ...#. ...#. ...#. ..#.. .#...
        % ##..# ##.#. ...#. ..#.. .#... .#.## #..##
        [ .###. .#... .#... .#... .#... .#... .###.
        ] .###. ...#. ...#. ...#. ...#. ...#. .###.
        """;

    // Controls without a letter.
    private static readonly string[] Box = ["#####", "#...#", "#...#", "#...#", "#...#", "#...#", "#####"];

    private static readonly Dictionary<char, string[]> Letters = Glyphs.Split('\n').Select(line => line.Trim()).ToDictionary(line => line[0], line => line[2..].Split(' '));

    /// <summary>Whether a dot of a letter is set; small letters look as capitals do.</summary>
    public static bool IsSet(char letter, int column, int row) =>
        letter != ' ' && column < Width && Letters.GetValueOrDefault(char.ToUpperInvariant(letter), Box)[row][column] == '#';

    /// <summary>Draws a line of text, whose width is <see cref="Advance"/> dots a letter.</summary>
    /// <param name="canvas">Where to.</param>
    /// <param name="text">The letters.</param>
    /// <param name="left">The first column.</param>
    /// <param name="top">The first row.</param>
    /// <param name="dot">Pixels of a dot's side.</param>
    /// <param name="color">The letters' colour.</param>
    public static void Draw(SKCanvas canvas, string text, int left, int top, int dot, SKColor color)
    {
        using var paint = new SKPaint { Color = color };
        for (var row = 0; row < Height; row++)
        {
            for (var column = 0; column < Advance * text.Length; column++)
            {
                if (IsSet(text[column / Advance], column % Advance, row))
                    canvas.DrawRect(left + (dot * column), top + (dot * row), dot, dot, paint);
            }
        }
    }
}
