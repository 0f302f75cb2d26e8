using Blip.Runtime.Files;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Input;

/// <summary>The lines of files that texts were read from, to name them in errors.</summary>
internal sealed class TextPlaces
{
    private readonly Dictionary<string, string> places = new(StringComparer.Ordinal);

    /// <summary>A line of a file, for people. The path <c>-</c> is standard input.</summary>
    public static string Of(string path, int line) =>
        $"{(path == InputExpansion.StandardInput ? "standard input" : path)}, line {line}";

    /// <summary>Remembers where a text is; the first place counts.</summary>
    public void Add(string text, string path, int line) => places.TryAdd(text, Of(path, line));

    /// <summary>An error about a text, with its place where that is known.</summary>
    public string? Name(string? text, string? error) =>
        error is not null && text is not null && places.TryGetValue(text, out var place) ? $"{place}: {error}" : error;

    /// <summary>Does a step, and names the place of a text that cannot be read.</summary>
    /// <exception cref="UsageException">The step's message, with the command line's names.</exception>
    public T Step<T>(Func<T> step)
    {
        try
        {
            return Startup.Step(step);
        }
        catch (UsageException e) when (e.InnerException is TextException { Text: var text } inner && places.ContainsKey(text))
        {
            throw new UsageException(Name(text, FailureReason.Sentence(inner))!, inner);
        }
    }
}
