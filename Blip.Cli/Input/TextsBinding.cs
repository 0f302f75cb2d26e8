using System.CommandLine;
using Blip.Cli.Options;

namespace Blip.Cli.Input;

/// <summary>Texts of a command line, from an option for one text and another for a file.</summary>
internal sealed class TextsBinding
{
    private readonly Option<string[]> one;
    private readonly Option<string?> file;

    /// <summary>Adds the options to a command, such as <c>--text</c> (<paramref name="name"/>) and <c>--texts</c>.</summary>
    public TextsBinding(Command command, string name, string what)
    {
        one = OptionKinds.Texts(name, $"{char.ToUpperInvariant(what[0])}{what[1..]}. Repeatable.", "TEXT");
        file = OptionKinds.Text($"{name}s", $"A file of such, one on each line; - is standard input.", "FILE");
        command.Add(one);
        command.Add(file);
    }

    public string Name => one.Name;

    public string FileName => file.Name;

    /// <summary>The texts: first the single ones, then the file's. Only one of images and texts can come from standard input.</summary>
    /// <exception cref="UsageException">The file cannot be read or is empty, or a text is blank.</exception>
    public IReadOnlyList<string> Read(ParseResult parsed, IReadOnlyList<string> paths, Terminal terminal)
    {
        var texts = parsed.GetValue(one) ?? [];
        if (texts.Any(string.IsNullOrWhiteSpace))
            throw new UsageException($"{one.Name} is blank; give it words.");
        if (parsed.GetValue(file) is not { } path)
            return texts;
        if (path == InputExpansion.StandardInput && paths.Contains(InputExpansion.StandardInput))
            throw new UsageException($"an image and {file.Name} cannot both come from standard input; put one of them in a file.");
        return [.. texts, .. Lines.Read(file.Name, path, terminal)];
    }
}
