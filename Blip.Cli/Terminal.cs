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

    /// <summary>Writes one line for people.</summary>
    public void Say(string message) => Error.WriteLine($"blip: {message}");
}
