namespace Blip.Cli.Input;

/// <summary>Texts from a file, one per line.</summary>
internal static class Lines
{
    /// <summary>Reads the lines with text. The path <c>-</c> is standard input; errors name <paramref name="option"/>.</summary>
    /// <exception cref="UsageException">The file cannot be read or is empty, or standard input has been read.</exception>
    public static IReadOnlyList<string> Read(string option, string path, Terminal terminal)
    {
        var isInput = path == InputExpansion.StandardInput;
        if (isInput && terminal.InputReader is { } other)
            throw new UsageException($"{other} and {option} cannot both come from standard input; put one of them in a file.");
        if (isInput)
            terminal.InputReader = option;
        var texts = new List<string>();
        try
        {
            using var reader = new StreamReader(isInput ? terminal.OpenInput() : File.OpenRead(path));
            while (reader.ReadLine() is { } line)
            {
                if (line.Trim() is { Length: > 0 } text)
                    texts.Add(text);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{option} is '{path}', and it cannot be read: {e.Message}", e);
        }
        return texts.Count > 0 ? texts : throw new UsageException($"{option} is '{path}', which holds no text; write one on each line.");
    }
}
