using Blip.Runtime.Files;

namespace Blip.Cli.Input;

/// <summary>Texts from a file, one per line.</summary>
internal static class Lines
{
    /// <summary>The lines with text. The path <c>-</c> is standard input; errors name <paramref name="option"/>.</summary>
    /// <exception cref="UsageException">The file cannot be read or is empty, or standard input has been read.</exception>
    public static IReadOnlyList<string> Read(string option, string path, Terminal terminal) =>
        [.. Numbered(option, path, terminal).Select(line => line.Text)];

    /// <summary>The same with the lines' numbers, from 1.</summary>
    /// <exception cref="UsageException">The file cannot be read or is empty, or standard input has been read.</exception>
    public static IReadOnlyList<(string Text, int Number)> Numbered(string option, string path, Terminal terminal)
    {
        var isInput = path == InputExpansion.StandardInput;
        if (isInput && terminal.InputReader is { } other)
            throw new UsageException($"{other} and {option} cannot both come from standard input; put one of them in a file.");
        if (isInput)
            terminal.InputReader = option;
        var texts = new List<(string Text, int Number)>();
        try
        {
            using var reader = new StreamReader(isInput ? terminal.OpenInput() : File.OpenRead(path));
            for (var number = 1; reader.ReadLine() is { } line; number++)
            {
                if (line.Trim() is not { Length: > 0 } text)
                    continue;
                texts.Add((text, number));
                terminal.TextPlaces.Add(text, path, number);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{option} is '{path}', and it cannot be read: {FailureReason.Of(e, path)}.", e);
        }
        return texts.Count > 0 ? texts : throw new UsageException($"{option} is '{path}', which holds no text; write one on each line.");
    }
}
