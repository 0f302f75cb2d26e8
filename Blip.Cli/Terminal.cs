using Blip.Cli.Input;
using Blip.Cli.Output;

namespace Blip.Cli;

/// <summary>Where a command reads and writes: the process's own streams, or a test's.</summary>
internal sealed class Terminal
{
    /// <summary>Results, and nothing else.</summary>
    public required TextWriter Output { get; init; }

    /// <summary>Messages for people: errors, hints, progress.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Opens standard input as bytes.</summary>
    public required Func<Stream> OpenInput { get; init; }

    /// <summary>True where a person watches standard error: progress is drawn there.</summary>
    public bool ErrorIsScreen { get; init; }

    /// <summary>The screen's width in characters, asked anew each time: windows change.</summary>
    public Func<int> Columns { get; init; } = () => int.MaxValue;

    /// <summary>True where a person reads standard output.</summary>
    public bool OutputIsScreen { get; init; }

    /// <summary>True where a person types standard input.</summary>
    public bool InputIsScreen { get; init; }

    /// <summary>Reads an environment variable.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>Whether there is a person to answer a question.</summary>
    public bool CanAsk => InputIsScreen && ErrorIsScreen && Verbosity != Verbosity.Quiet;

    /// <summary>How much is told besides results and errors.</summary>
    public Verbosity Verbosity { get; set; } = Verbosity.Normal;

    /// <summary>Files that the run left out of its folders; reported at its end.</summary>
    public PassedOver PassedOver { get; } = new();

    /// <summary>True where progress is drawn.</summary>
    public bool ShowsProgress => ErrorIsScreen && Verbosity != Verbosity.Quiet;

    /// <summary>The width that help is wrapped to: in pipes most screens' width.</summary>
    public int HelpColumns => OutputIsScreen ? Columns() : 80;

    /// <summary>Whether standard output may be coloured; NO_COLOR says no (no-color.org).</summary>
    public bool OutputIsColored => OutputIsScreen && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    /// <summary>Writes one line that must be read: an error, or how a run ended that was stopped.</summary>
    public void Say(string message) => Error.WriteLine($"blip: {(ErrorIsScreen ? Printable.Of(message) : message)}");

    /// <summary>Writes one line that is good to know; --quiet leaves it out.</summary>
    public void Note(string message)
    {
        if (Verbosity != Verbosity.Quiet)
            Say(message);
    }

    /// <summary>Asks a question that is answered by y or n; anything else is no.</summary>
    public async Task<bool> AskAsync(string question, CancellationToken cancellationToken)
    {
        Error.Write($"blip: {Printable.Of(question)} [y/N] ");
        Error.Flush();
        // The wait for a person ends with Ctrl-C; the read itself cannot.
        var answer = await Task.Run(Answer, CancellationToken.None).WaitAsync(cancellationToken);
        return answer?.Trim().ToUpperInvariant() is "Y" or "YES";

        string? Answer()
        {
            using var reader = new StreamReader(OpenInput());
            return reader.ReadLine();
        }
    }

    /// <summary>Writes one line for close observers: --verbose asks for it.</summary>
    public void Detail(string message)
    {
        if (Verbosity == Verbosity.Verbose)
            Say(message);
    }
}

/// <summary>How much is told besides results and errors.</summary>
internal enum Verbosity
{
    /// <summary>Nothing.</summary>
    Quiet,

    /// <summary>Notices and progress.</summary>
    Normal,

    /// <summary>Details, too.</summary>
    Verbose,
}
