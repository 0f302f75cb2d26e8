using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace Blip.Cli.Help;

/// <summary>The action of <c>--help</c>.</summary>
internal sealed class GroupedHelp(Terminal terminal) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <summary>Sets the help of every command of a tree.</summary>
    public static void Attach(RootCommand root, Terminal terminal) =>
        root.Options.OfType<HelpOption>().Single().Action = new GroupedHelp(terminal);

    /// <summary>Shows a command's help; <paramref name="path"/> is its name after its parents' names.</summary>
    public static void Show(Terminal terminal, Command command, string path) =>
        new HelpPage(terminal.Output, terminal.HelpColumns, terminal.OutputIsColored).Write(command, path);

    /// <summary>A command's name after its parents' names; the root is <c>blip</c>.</summary>
    public static string PathOf(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{PathOf(parent)} {command.Command.Name}" : "blip";

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        Show(terminal, parseResult.CommandResult.Command, PathOf(parseResult.CommandResult));
        return ExitCodes.Success;
    }
}
