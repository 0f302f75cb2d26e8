using System.CommandLine;

namespace Blip.Cli.Help;

/// <summary>
/// A command's help: purpose, syntax, options in groups, examples. It is wrapped to the screen; where that is
/// narrow, descriptions stand below their options.
/// </summary>
internal sealed class HelpPage(TextWriter output, int columns, bool colored)
{
    private const int Widest = 100, Narrowest = 20, TwoColumns = 72, WidestLabel = 32, Margin = 2, Indent = 6;
    private const string Bold = "\e[1m", Cyan = "\e[36m", Plain = "\e[0m";

    private readonly int width = Math.Clamp(columns, Narrowest, Widest);

    /// <summary>Writes a command's help; <paramref name="path"/> is its name after its parents' names.</summary>
    public void Write(Command command, string path)
    {
        Wrapped(command.Description ?? "", 0);
        output.WriteLine();
        Head("Usage");
        Wrapped(Usage(command, path), Margin);
        output.WriteLine();
        Section("Arguments", command.Arguments.Where(argument => !argument.Hidden)
            .Select(argument => ($"<{NameOf(argument)}>", argument.Description ?? "")));
        foreach (var group in Options(command).GroupBy(OptionGroups.Of).OrderBy(group => group.Key))
            Section(OptionGroups.Heading(group.Key), group.Select(option => (Label(option), Description(option))));
        Section("Commands", command.Subcommands.Where(child => !child.Hidden).Select(child => (child.Name, child.Description ?? "")));
        if (command is IHasExamples shown)
            Examples(shown);
    }

    private static IEnumerable<Option> Options(Command command)
    {
        var recursive = command.Parents.SelectMany(Ancestors).OfType<Command>().SelectMany(parent => parent.Options)
            .Where(option => option.Recursive);
        return command.Options.Concat(recursive).Where(option => !option.Hidden).DistinctBy(option => option.Name);
    }

    private static IEnumerable<Symbol> Ancestors(Symbol symbol) => symbol.Parents.SelectMany(Ancestors).Prepend(symbol);

    private static string Usage(Command command, string path)
    {
        var arguments = command.Arguments.Where(argument => !argument.Hidden).Select(argument =>
        {
            var name = $"<{NameOf(argument)}>{(argument.Arity.MaximumNumberOfValues > 1 ? "..." : "")}";
            return argument.Arity.MinimumNumberOfValues == 0 ? $"[{name}]" : name;
        });
        var required = command.Options.Where(option => option.Required).Select(option => $"{option.Name} <{option.HelpName}>");
        string[] words = [path, .. Below(command), .. arguments, .. required, "[options]"];
        return string.Join(' ', words);
    }

    // A command with an action needs no subcommand.
    private static string[] Below(Command command) =>
        command.Subcommands.Count == 0 ? [] : [command.Action is null ? "<COMMAND>" : "[<COMMAND>]"];

    private static string NameOf(Argument argument) => argument.HelpName ?? argument.Name;

    // "-o, --output <FILE>"; an optional value is in brackets.
    private static string Label(Option option)
    {
        var names = string.Join(", ", option.Aliases.Prepend(option.Name).Where(name => name[0] == '-').Distinct()
            .OrderBy(name => name.Length > 2).ThenBy(name => name != option.Name));
        if (option.Arity.MaximumNumberOfValues == 0 || option.ValueType == typeof(bool))
            return names;
        var value = $"<{option.HelpName ?? "VALUE"}>";
        return option.Arity.MinimumNumberOfValues == 0 ? $"{names} [{value}]" : $"{names} {value}";
    }

    private static string Description(Option option)
    {
        var description = option.Description ?? "";
        var hasDefault = option is { HasDefaultValue: true, Required: false } && option.ValueType != typeof(bool)
            && !description.Contains("[default", StringComparison.Ordinal);
        return hasDefault && option.GetDefaultValue()?.ToString() is { Length: > 0 } value
            ? $"{description} [default: {value}]"
            : description;
    }

    private void Section(string heading, IEnumerable<(string Label, string Description)> rows)
    {
        var all = rows.ToList();
        if (all.Count == 0)
            return;
        Head(heading);
        var labels = width < TwoColumns ? 0 : Math.Min(WidestLabel, all.Max(row => row.Label.Length)) + (2 * Margin);
        foreach (var (label, description) in all)
            Row(label, description, labels);
        output.WriteLine();
    }

    private void Row(string label, string description, int labels)
    {
        var text = colored ? $"{Cyan}{label}{Plain}" : label;
        if (labels > 0 && label.Length + (2 * Margin) <= labels)
        {
            output.Write(new string(' ', Margin) + text + new string(' ', labels - Margin - label.Length));
            Wrapped(description, labels, begun: true);
            return;
        }
        foreach (var line in Lines(label, width - Margin))
            output.WriteLine(new string(' ', Margin) + (colored ? $"{Cyan}{line}{Plain}" : line));
        Wrapped(description, labels > 0 ? labels : Indent);
    }

    private void Examples(IHasExamples command)
    {
        Head("Examples");
        foreach (var (meaning, line) in command.Examples)
        {
            Wrapped($"{meaning}:", Margin);
            // Not wrapped, so that it can be copied.
            output.WriteLine($"    {line}");
        }
        output.WriteLine();
    }

    private void Head(string heading) => output.WriteLine(colored ? $"{Bold}{heading}:{Plain}" : $"{heading}:");

    private void Wrapped(string text, int indent, bool begun = false)
    {
        foreach (var (i, line) in Lines(text, width - indent).Index())
            output.WriteLine((begun && i == 0 ? "" : new string(' ', indent)) + line);
    }

    // Splits only words that are longer than a line.
    private static List<string> Lines(string text, int room)
    {
        var lines = new List<string> { "" };
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var rest = word;
            if (lines[^1].Length > 0 && lines[^1].Length + 1 + rest.Length > room)
                lines.Add("");
            for (; rest.Length > room; rest = rest[room..])
            {
                lines[^1] = rest[..room];
                lines.Add("");
            }
            lines[^1] = lines[^1].Length == 0 ? rest : $"{lines[^1]} {rest}";
        }
        return lines;
    }
}
