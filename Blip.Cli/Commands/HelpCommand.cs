using System.CommandLine;
using Blip.Cli.Help;

namespace Blip.Cli.Commands;

internal sealed class HelpCommand : Command
{
    private readonly Argument<string[]> words = new("command")
    {
        Description = "The command: caption, or eval caption.",
        HelpName = "COMMAND",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public HelpCommand(Terminal terminal, RootCommand root)
        : base("help", "Shows how a command is used.")
    {
        Add(words);
        SetAction(parsed =>
        {
            var (command, path) = ((Command)root, "blip");
            foreach (var word in parsed.GetValue(words) ?? [])
            {
                command = command.Subcommands.FirstOrDefault(child => child.Name == word)
                    ?? throw new UsageException(Spelling.UnknownCommand(word, command));
                path = $"{path} {word}";
            }
            GroupedHelp.Show(terminal, command, path);
        });
    }
}
