using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Blip.Cli;

/// <summary>A command that shows how it is used.</summary>
internal interface IHasExamples
{
    /// <summary>Command lines to copy, each with what it does.</summary>
    IReadOnlyList<(string Meaning, string Line)> Examples { get; }
}

/// <summary>The library's help, followed by examples to copy.</summary>
internal sealed class ExamplesHelp(SynchronousCommandLineAction help) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <summary>Adds examples to the help of every command below the root.</summary>
    public static void Attach(RootCommand root)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        option.Action = new ExamplesHelp((HelpAction)option.Action!);
    }

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var exitCode = help.Invoke(parseResult);
        if (parseResult.CommandResult.Command is IHasExamples command)
        {
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (var (meaning, line) in command.Examples)
            {
                output.WriteLine($"  {meaning}:");
                output.WriteLine($"    {line}");
            }
            output.WriteLine();
        }
        return exitCode;
    }
}
