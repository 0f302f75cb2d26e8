namespace Blip.Bootstrapping.Submitting;

/// <summary>Quoting for shells and batch systems.</summary>
public static class Shell
{
    /// <summary>Quotes any text as one word of a POSIX shell.</summary>
    public static string Quote(string word) => $"'{Checked(word).Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>Quotes an option's value in an <c>#SBATCH</c> line.</summary>
    /// <exception cref="ShardSubmissionException">It has a line break.</exception>
    public static string QuoteDirective(string value)
    {
        if (value.AsSpan().ContainsAny('\r', '\n'))
            throw new ShardSubmissionException($"'{value}' has a line break, which an #SBATCH line cannot hold.");
        return $"\"{Checked(value).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
    }

    private static string Checked(string text) => text.Contains('\0')
        ? throw new ShardSubmissionException("An argument holds a NUL, which no program can be given.")
        : text;
}
