using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Blip.Kernels.Devices;

namespace Blip.Cli;

/// <summary>From a command line to an exit code.</summary>
internal static class BlipProgram
{
    /// <summary>Runs one command line; every failure is a message on standard error, never a stack trace.</summary>
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
            // Images report their own; what is left is a full disk, or a screen that went away.
            terminal.Say($"the results cannot be written: {e.Message}");
            return ExitCodes.SomeFailed;
        }
        catch (Exception e)
        {
            terminal.Say($"unexpected {e.GetType().Name}: {e.Message} (BLIP_TRACE=1 shows where)");
            if (Environment.GetEnvironmentVariable("BLIP_TRACE") == "1")
                terminal.Error.WriteLine(e);
            return ExitCodes.Usage;
        }
    }

    private static async Task<int> InvokeAsync(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellationToken)
    {
        var root = new BlipRootCommand(terminal);
        // "@photo.jpg" is a file name here, not a list of arguments.
        var parsed = Parse(root, arguments is [] ? ["--help"] : arguments);
        if (parsed.Action is ParseErrorAction)
            return Explain(parsed, root, terminal);
        return await parsed.InvokeAsync(
            new InvocationConfiguration
            {
                Output = terminal.Output,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            },
            cancellationToken);
    }

    private static ParseResult Parse(BlipRootCommand root, IReadOnlyList<string> arguments)
    {
        try
        {
            return root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        }
        catch (InvalidOperationException e)
        {
            // A check that reads another option's value, which is missing or wrong.
            throw new UsageException(e.Message, e);
        }
    }

    private static int Explain(ParseResult parsed, BlipRootCommand root, Terminal terminal)
    {
        if (parsed.CommandResult.Command == root && parsed.UnmatchedTokens is [var unknown, ..])
        {
            var names = root.Subcommands.Select(command => command.Name).ToList();
            var meant = Spelling.Closest(unknown, names) is { } name ? $"did you mean '{name}'?" : $"give one of {string.Join(", ", names)}.";
            terminal.Say($"'{unknown}' is no command; {meant}");
        }
        else
        {
            foreach (var error in parsed.Errors.Select(error => error.Message).Distinct())
                terminal.Say(error);
        }
        terminal.Say($"see '{Path(parsed.CommandResult)} --help'");
        return ExitCodes.Usage;
    }

    // "blip eval caption"; the root's own name is that of the file that runs.
    private static string Path(CommandResult command) => command.Parent is CommandResult parent ? $"{Path(parent)} {command.Command.Name}" : "blip";

    // EPIPE is 32 wherever .NET runs on Unix; the runtime passes it on as it is.
    private static bool IsBrokenPipe(IOException e) => !OperatingSystem.IsWindows() && e.HResult == 32;
}
