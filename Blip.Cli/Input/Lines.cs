namespace Blip.Cli.Input;

/// <summary>Texts from a file, one on each line.</summary>
internal static class Lines
{
    /// <summary>Reads the lines that hold something.</summary>
    /// <param name="option">The option that names the file, for errors.</param>
    /// <param name="path">The file; <c>-</c> is standard input.</param>
    /// <param name="openInput">Opens standard input.</param>
    /// <exception cref="UsageException">It cannot be read, or holds nothing.</exception>
    public static IReadOnlyList<string> Read(string option, string path, Func<Stream> openInput)
    {
        var texts = new List<string>();
        try
        {
            using var reader = new StreamReader(path == InputExpansion.StandardInput ? openInput() : File.OpenRead(path));
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
