using System.CommandLine;
using Blip.Cli.Options;

namespace Blip.Cli.Input;

/// <summary>Texts of a command line: one option to give them one by one, another for a file of them.</summary>
internal sealed class TextsBinding
{
    private readonly Option<string[]> one;
    private readonly Option<string?> file;

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="name">The first option's name in the singular: <c>--text</c>; the other's has an s.</param>
    /// <param name="what">The kind of text, for the help.</param>
    public TextsBinding(Command command, string name, string what)
    {
        one = OptionKinds.Texts(name, $"{char.ToUpperInvariant(what[0])}{what[1..]}. Repeatable.", "TEXT");
        file = OptionKinds.Text($"{name}s", $"A file of such, one on each line; - is standard input.", "FILE");
        command.Add(one);
        command.Add(file);
    }

    /// <summary>The name of the option for one text.</summary>
    public string Name => one.Name;

    /// <summary>The name of the option for a file.</summary>
    public string FileName => file.Name;

    /// <summary>The texts, in order: those given one by one first.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="paths">The images; only one thing can come from standard input.</param>
    /// <param name="openInput">Opens standard input.</param>
    /// <exception cref="UsageException">The file cannot be read, or holds nothing, or one of the texts is blank.</exception>
    public IReadOnlyList<string> Read(ParseResult parsed, IReadOnlyList<string> paths, Func<Stream> openInput)
    {
        var texts = parsed.GetValue(one) ?? [];
        if (texts.Any(string.IsNullOrWhiteSpace))
            throw new UsageException($"{one.Name} is blank; give it words.");
        if (parsed.GetValue(file) is not { } path)
            return texts;
        if (path == InputExpansion.StandardInput && paths.Contains(InputExpansion.StandardInput))
            throw new UsageException($"an image and {file.Name} cannot both come from standard input; put one of them in a file.");
        return [.. texts, .. Lines.Read(file.Name, path, openInput)];
    }
}
