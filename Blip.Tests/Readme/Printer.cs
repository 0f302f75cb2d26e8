namespace Blip.Tests.Readme;

/// <summary>Stands for <c>Console</c> in the README's samples, and keeps what they print.</summary>
internal sealed class Printer
{
    private readonly StringWriter text = new();

    /// <summary>The lines that were printed.</summary>
    public IReadOnlyList<string> Lines => text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public void Write(string? words) => text.Write(words);

    public void WriteLine(string? line = "") => text.Write($"{line}\n");
}
