using Blip.Cli;

namespace Blip.Tests.Cli;

/// <summary>One command line, run in this process with its streams captured.</summary>
internal sealed record CliRun(int ExitCode, string Output, string Error)
{
    public static Task<CliRun> Of(params string[] arguments) => Of([], arguments);

    public static async Task<CliRun> Of(byte[] input, params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var terminal = new Terminal { Output = output, Error = error, OpenInput = () => new MemoryStream(input) };
        var exitCode = await BlipProgram.RunAsync(arguments, terminal, TestContext.Current.CancellationToken);
        return new CliRun(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>A run with a separate environment, at a terminal with or without a person typing.</summary>
    public static async Task<CliRun> In(IReadOnlyDictionary<string, string> variables, string? typed, params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var terminal = new Terminal
        {
            Output = output,
            Error = error,
            OpenInput = () => new MemoryStream(System.Text.Encoding.UTF8.GetBytes(typed ?? "")),
            InputIsScreen = typed is not null,
            ErrorIsScreen = typed is not null,
            Variable = variables.GetValueOrDefault,
        };
        var exitCode = await BlipProgram.RunAsync(arguments, terminal, TestContext.Current.CancellationToken);
        return new CliRun(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>The output of a run that must succeed.</summary>
    public string Succeeded()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}: {Error}");
        return Output;
    }

    /// <summary>Asserts that the command line was refused with a message that holds all these words, and without a stack trace.</summary>
    public void Refused(params string[] words)
    {
        Assert.Equal(2, ExitCode);
        Assert.Equal("", Output);
        Assert.All(words, word => Assert.Contains(word, Error, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
        Assert.DoesNotContain("unexpected", Error, StringComparison.Ordinal);
    }
}
