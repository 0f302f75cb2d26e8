using System.CommandLine;

namespace Blip.Cli;

/// <summary>Makes an empty name of a file, folder or model a command-line error, for all commands.</summary>
internal static class EmptyNames
{
    // The help's placeholders for names.
    private static readonly HashSet<string> Places = ["FILE", "DIR", "MODEL", "PATH", "DATA", "SOURCE", "IMAGE", "NAME", "URL"];

    // An option with two names has two placeholders: the first counts.
    private static string Word(Option option) => (option.HelpName ?? "").Split(' ')[0];

    /// <summary>Adds the check to a command and its subcommands.</summary>
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
