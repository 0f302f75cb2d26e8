using System.CommandLine;

namespace Blip.Cli;

/// <summary>Makes an empty name of a file, a folder or a model an error of the command line, for every command at once.</summary>
internal static class EmptyNames
{
    // The help's placeholders for values that are names.
    private static readonly HashSet<string> Places = ["FILE", "DIR", "MODEL", "PATH", "DATA", "SOURCE", "IMAGE", "NAME", "URL"];

    // One word for an option that takes two names.
    private static string Word(Option option) => (option.HelpName ?? "").Split(' ')[0];

    /// <summary>Adds the check to a command and to all below it.</summary>
    public static void Attach(Command command)
    {
        foreach (var option in command.Options.Where(option => Places.Contains(Word(option))))
        {
            option.Validators.Add(result =>
            {
                if (result.Tokens.Any(token => string.IsNullOrWhiteSpace(token.Value)))
                    result.AddError($"{option.Name} is empty; give a {Word(option)}.");
            });
        }
        foreach (var argument in command.Arguments.Where(argument => Places.Contains(argument.HelpName ?? argument.Name)))
        {
            argument.Validators.Add(result =>
            {
                if (result.Tokens.Any(token => token.Value.Length == 0))
                    result.AddError($"an argument is empty; give a {argument.HelpName ?? argument.Name}.");
            });
        }
        foreach (var below in command.Subcommands)
            Attach(below);
    }
}
