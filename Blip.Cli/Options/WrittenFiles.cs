using System.CommandLine;
using System.CommandLine.Parsing;
using System.Runtime.CompilerServices;
using Blip.Runtime.Files;

namespace Blip.Cli.Options;

/// <summary>
/// Files and folders that a command is told to write. They are declared where their options are, and must not be files that the command
/// reads.
/// </summary>
internal static class WrittenFiles
{
    // .NET replaces invalid bytes of an argument by this character.
    private const char NoText = '\uFFFD';

    private static readonly ConditionalWeakTable<Symbol, object> Declared = [];

    /// <summary>Declares that a command writes to the file or folder of this option or argument.</summary>
    public static T Written<T>(this T symbol)
        where T : Symbol
    {
        Declared.Add(symbol, symbol);
        return symbol;
    }

    public static bool IsWritten(Symbol symbol) => Declared.TryGetValue(symbol, out _);

    /// <exception cref="UsageException">
    /// An option for a result names a file that another option or argument names, too, or its name is not UTF-8.
    /// </exception>
    public static void Check(ParseResult parsed)
    {
        var given = Given(parsed.CommandResult).ToList();
        foreach (var writer in given.Where(one => IsWritten(one.Symbol)))
        {
            if (writer.Value.Contains(NoText, StringComparison.Ordinal))
                throw new UsageException($"{writer.Name} is '{writer.Value}', whose name is not UTF-8: name another one.");
            var target = Whole(writer.Value);
            // A new file has no content to lose, unless two results go to it.
            if (given.FirstOrDefault(one => one.Symbol != writer.Symbol
                && ((IsWritten(one.Symbol) && !Directory.Exists(writer.Value)) || (File.Exists(writer.Value) && File.Exists(one.Value)))
                && Whole(one.Value) == target) is { Name: { } other })
                throw new UsageException(
                    $"{writer.Name} is '{writer.Value}', which is also the file of {other} and would be lost; name another file.");
        }
    }

    private static IEnumerable<(Symbol Symbol, string Name, string Value)> Given(CommandResult command) =>
        from child in command.Children
        from token in child.Tokens
        select child switch
        {
            OptionResult option => ((Symbol)option.Option, option.Option.Name, token.Value),
            ArgumentResult argument => (argument.Argument, argument.Argument.HelpName ?? argument.Argument.Name, token.Value),
            _ => throw new InvalidOperationException($"{child} is no option and no argument."),
        };

    private static string Whole(string path)
    {
        try
        {
            return Path.GetFullPath(ReplacedFile.Target(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A link in a circle, or a name that no file can have.
            return path;
        }
    }
}
