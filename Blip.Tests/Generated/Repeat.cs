namespace Blip.Tests.Generated;

/// <summary>Repeats a piece of a template with the numbers 0, 1, 2...</summary>
internal static class Repeat
{
    /// <summary>Pieces with a separator between them.</summary>
    /// <param name="count">Number of pieces.</param>
    /// <param name="separator">Text between two pieces; a new line is followed by the template's indentation.</param>
    /// <param name="piece">The piece of a number.</param>
    public static string Join(int count, string separator, Func<int, string> piece) =>
        string.Join(separator, Enumerable.Range(0, count).Select(piece));

    /// <summary>One line per number, in the body of a method.</summary>
    public static string Lines(int count, Func<int, string> line) => Join(count, "\n        ", line);

    /// <summary>One line per number, in a block within the body of a method.</summary>
    public static string InnerLines(int count, Func<int, string> line) => Join(count, "\n            ", line);

    /// <summary>A pointer that lies a number of steps behind another one: <c>w</c>, <c>w + Step</c>, <c>w + (2 * Step)</c>...</summary>
    public static string Offset(string pointer, int count, string step) => count switch
    {
        0 => pointer,
        1 => $"{pointer} + {step}",
        _ => $"{pointer} + ({count} * {step})",
    };
}
