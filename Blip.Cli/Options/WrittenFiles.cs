using System.CommandLine;
using System.CommandLine.Parsing;
using Blip.Runtime.Files;

namespace Blip.Cli.Options;

/// <summary>Files that a command is told to write must not be files that it reads.</summary>
internal static class WrittenFiles
{
    private static readonly string[] Writers = ["--output", "--save-results", "--profile", "--attention-html", "--histogram", "--file"];

    /// <summary>Whether an option names a file to write.</summary>
    public static bool IsWriter(string option) => Writers.Contains(option);

    /// <exception cref="UsageException">An option for a result names a file that another option or argument names, too.</exception>
    public static void Check(ParseResult parsed)
    {
        var given = Given(parsed.CommandResult).ToList();
        foreach (var writer in given.Where(one => Writers.Contains(one.Name)))
        {
            if (!File.Exists(writer.Value))
                continue;
            var target = Whole(writer.Value);
            if (given.FirstOrDefault(one => one.Name != writer.Name && File.Exists(one.Value) && Whole(one.Value) == target)
                is { Name: { } other })
                throw new UsageException(
                    $"{writer.Name} is '{writer.Value}', which is also the file of {other} and would be lost; name another file.");
        }
    }

    private static IEnumerable<(string Name, string Value)> Given(CommandResult command) =>
        from child in command.Children
        from token in child.Tokens
        select (child switch
        {
            OptionResult option => option.Option.Name,
            ArgumentResult argument => argument.Argument.HelpName ?? argument.Argument.Name,
            _ => "",
        }, token.Value);

    private static string Whole(string path)
    {
        try
        {
            return Path.GetFullPath(ReplacedFile.Target(path));
        }
        catch (IOException)
        {
            // A link in a circle.
            return path;
        }
    }
}
