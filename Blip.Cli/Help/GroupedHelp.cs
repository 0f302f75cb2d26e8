using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace Blip.Cli.Help;

/// <summary>The action of <c>--help</c>: it shows a command's <see cref="HelpPage"/>.</summary>
/// <param name="terminal">Where it is shown.</param>
internal sealed class GroupedHelp(Terminal terminal) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <summary>Makes it the help of every command of a tree.</summary>
    public static void Attach(RootCommand root, Terminal terminal) =>
        root.Options.OfType<HelpOption>().Single().Action = new GroupedHelp(terminal);

    /// <summary>Shows the help of a command.</summary>
    /// <param name="terminal">Where.</param>
    /// <param name="command">The command.</param>
    /// <param name="path">Its name with those of the commands above it.</param>
    public static void Show(Terminal terminal, Command command, string path) =>
        new HelpPage(terminal.Output, terminal.HelpColumns, terminal.OutputIsColored).Write(command, path);

    /// <summary>A command's name with those of the commands above it; the root has the running file's name.</summary>
    public static string PathOf(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{PathOf(parent)} {command.Command.Name}" : "blip";

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        Show(terminal, parseResult.CommandResult.Command, PathOf(parseResult.CommandResult));
        return ExitCodes.Success;
    }
}
