using Blip.Cli.Input;
using Blip.Cli.Output;

namespace Blip.Cli;

/// <summary>A command's streams: the process's, or a test's.</summary>
internal sealed class Terminal
{
    private int works;

    /// <summary>Results only.</summary>
    public required TextWriter Output { get; init; }

    /// <summary>Messages for people: errors, hints, progress.</summary>
    public required TextWriter Error { get; init; }

    public required Func<Stream> OpenInput { get; init; }

    /// <summary>The option that has read standard input; null for none.</summary>
    public string? InputReader { get; set; }

    /// <summary>Whether standard error is a terminal, to draw progress.</summary>
    public bool ErrorIsScreen { get; init; }

    /// <summary>The screen's width in characters, which may change.</summary>
    public Func<int> Columns { get; init; } = () => int.MaxValue;

    /// <summary>Whether standard output is a terminal.</summary>
    public bool OutputIsScreen { get; init; }

    /// <summary>Whether standard input is a terminal.</summary>
    public bool InputIsScreen { get; init; }

    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>Whether a person can answer a question.</summary>
    public bool CanAsk => InputIsScreen && ErrorIsScreen && Verbosity != Verbosity.Quiet;

    public Verbosity Verbosity { get; set; } = Verbosity.Normal;

    /// <summary>Files that the run skipped; reported at its end.</summary>
    public PassedOver PassedOver { get; } = new();

    /// <summary>Where the texts of the command line's files are.</summary>
    public TextPlaces TextPlaces { get; } = new();

    /// <summary>Whether results are being made: after a signal the work in hand is finished, and they are written.</summary>
    public bool IsWorking => Volatile.Read(ref works) > 0;

    /// <summary>Whether a run that did not notice a signal still waits.</summary>
    public bool LeftBehind { get; set; }

    public bool ShowsProgress => ErrorIsScreen && Verbosity != Verbosity.Quiet;

    /// <summary>The width of the help; 80 in a pipe.</summary>
    public int HelpColumns => OutputIsScreen ? Columns() : 80;

    /// <summary>Whether standard output may be coloured; respects NO_COLOR (no-color.org).</summary>
    public bool OutputIsColored => OutputIsScreen && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    /// <summary>Marks the making of results, until disposed. Outside, a signal also ends a run that waits for another program.</summary>
    public IDisposable Working() => new Work(this);

    /// <summary>Writes one line that must be read: an error, or how a stopped run ended.</summary>
    public void Say(string message) => Error.WriteLine($"blip: {(ErrorIsScreen ? Printable.Of(message) : message)}");

    /// <summary>Writes one line, unless --quiet is given.</summary>
    public void Note(string message)
    {
        if (Verbosity != Verbosity.Quiet)
            Say(message);
    }

    /// <summary>Asks a question; only y means yes.</summary>
    public async Task<bool> AskAsync(string question, CancellationToken cancellationToken)
    {
        Error.Write($"blip: {Printable.Of(question)} [y/N] ");
        Error.Flush();
        // Ctrl-C ends the wait, but not the read.
        var answer = await Task.Run(Answer, CancellationToken.None).WaitAsync(cancellationToken);
        return answer?.Trim().ToUpperInvariant() is "Y" or "YES";

        string? Answer()
        {
            using var reader = new StreamReader(OpenInput());
            return reader.ReadLine();
        }
    }

    /// <summary>Writes one line if --verbose is given.</summary>
    public void Detail(string message)
    {
        if (Verbosity == Verbosity.Verbose)
            Say(message);
    }

    private sealed class Work : IDisposable
    {
        private readonly Terminal terminal;

        public Work(Terminal terminal)
        {
            this.terminal = terminal;
            Interlocked.Increment(ref terminal.works);
        }

        public void Dispose() => Interlocked.Decrement(ref terminal.works);
    }
}

/// <summary>How much is written besides results and errors.</summary>
internal enum Verbosity
{
    Quiet,

    Normal,

    Verbose,
}
