using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Blip.Cli.Help;
using Blip.Cli.Options;
using Blip.Kernels.Devices;
using Blip.Runtime.Files;

namespace Blip.Cli;

internal static class BlipProgram
{
    // Downloads and child processes end by themselves meanwhile.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    /// <summary>Runs one command line. Every failure is a message on standard error.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellationToken)
    {
        try
        {
            var exitCode = await InvokeAsync(arguments, terminal, cancellationToken);
            await terminal.Output.FlushAsync(CancellationToken.None);
            return exitCode;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
        catch (UsageException e)
        {
            terminal.Say(e.Message);
            return ExitCodes.Usage;
        }
        catch (DeviceException e)
        {
            terminal.Say(e.Message);
            return ExitCodes.Usage;
        }
        catch (IOException e) when (IsBrokenPipe(e))
        {
            return ExitCodes.OutputClosed;
        }
        catch (IOException e)
        {
            // Images' errors are reported elsewhere: this is a full disk or a lost terminal.
            terminal.Say($"the results cannot be written: {FailureReason.WithPath(e)}.");
            return ExitCodes.SomeFailed;
        }
        catch (UnauthorizedAccessException e)
        {
            terminal.Say($"a file cannot be used: {FailureReason.WithPath(e)}.");
            return ExitCodes.Usage;
        }
        catch (Exception e)
        {
            terminal.Say($"unexpected {e.GetType().Name}: {e.Message} (--verbose shows where)");
            if (terminal.Verbosity == Verbosity.Verbose)
                terminal.Error.WriteLine(e);
            return ExitCodes.Usage;
        }
        finally
        {
            foreach (var sentence in terminal.PassedOver.Sentences())
                terminal.Note(sentence);
        }
    }

    private static async Task<int> InvokeAsync(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellationToken)
    {
        var root = new BlipRootCommand(terminal);
        // "@photo.jpg" is a file name, not a response file.
        var parsed = Parse(root, arguments is [] ? ["--help"] : arguments);
        if (parsed.Action is ParseErrorAction)
            return Explain(parsed, terminal);
        terminal.Verbosity = parsed.GetValue(root.Quiet)
            ? Verbosity.Quiet : parsed.GetValue(root.Verbose) ? Verbosity.Verbose
            : Verbosity.Normal;
        if (terminal.Verbosity != Verbosity.Verbose)
            DriverMessages.Silence();
        WrittenFiles.Check(parsed);
        var configuration = new InvocationConfiguration
        {
            Output = terminal.Output,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        var run = Task.Run(() => parsed.InvokeAsync(configuration, cancellationToken), CancellationToken.None);
        return await UntilStoppedAsync(run, terminal, cancellationToken);
    }

    // A run that waits for another program, such as the writer of a pipe, does not notice a signal. It is left behind, unless it is making
    // results.
    private static async Task<int> UntilStoppedAsync(Task<int> run, Terminal terminal, CancellationToken cancellationToken)
    {
        try
        {
            return await run.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (!run.IsCompleted)
        {
            do
            {
                await Task.WhenAny(run, Task.Delay(Grace, CancellationToken.None));
            }
            while (!run.IsCompleted && terminal.IsWorking);
            terminal.LeftBehind = !run.IsCompleted;
            if (terminal.LeftBehind)
                throw;
            return await run;
        }
    }

    private static ParseResult Parse(BlipRootCommand root, IReadOnlyList<string> arguments)
    {
        try
        {
            return root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        }
        catch (InvalidOperationException e)
        {
            // A validator reads another option's value, which is missing or wrong. The parser quotes the option.
            var option = e.Message.Split('\'').FirstOrDefault(part => part.StartsWith("--", StringComparison.Ordinal));
            throw new UsageException(option is null ? e.Message : $"{option} has no value, or one that it cannot take; see --help.", e);
        }
    }

    private static int Explain(ParseResult parsed, Terminal terminal)
    {
        var command = parsed.CommandResult.Command;
        if (parsed.UnmatchedTokens.FirstOrDefault(token => token.Length > 1 && token[0] == '-') is { } option)
            terminal.Say(Spelling.UnknownOption(option, command));
        else if (command.Subcommands.Count > 0 && parsed.UnmatchedTokens is [var unknown, ..])
            terminal.Say(Spelling.UnknownCommand(unknown, command));
        else if (command.Subcommands.Count > 0 && command.Action is null)
            terminal.Say($"a command is missing; give one of {string.Join(", ", command.Subcommands.Select(child => child.Name))}.");
        else
        {
            foreach (var error in parsed.Errors.Select(error => MessageOf(error, command)).Distinct())
                terminal.Say(error);
        }
        terminal.Say($"see '{GroupedHelp.PathOf(parsed.CommandResult)} --help'");
        return ExitCodes.Usage;
    }

    // The parser's own messages name neither the value that is missing nor where it belongs.
    private static string MessageOf(ParseError error, Command command) => error.SymbolResult switch
    {
        ArgumentResult { Tokens.Count: 0, Parent: OptionResult { Option: var option } } =>
            $"{option.Name} has no value; give {option.Name} {option.HelpName}.",
        OptionResult { Tokens.Count: 0, IdentifierTokenCount: > 0, Option: var option } when option.Arity.MinimumNumberOfValues > 0 =>
            $"{option.Name} has no value; give {option.Name} {option.HelpName}.",
        ArgumentResult { Tokens.Count: 0, Argument: var argument } when argument.Arity.MinimumNumberOfValues > 0 =>
            $"{argument.HelpName ?? argument.Name} is missing, after '{command.Name}'. {argument.Description}",
        _ => error.Message,
    };

    // EPIPE is 32 on all Unix systems of .NET, which passes it on unchanged.
    private static bool IsBrokenPipe(IOException e) => !OperatingSystem.IsWindows() && e.HResult == 32;
}
