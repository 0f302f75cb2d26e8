using System.Text;

namespace Blip.Cli;

/// <summary>
/// Messages for people. A message that cannot be written, as standard error is closed or its disk full, is
/// dropped: it must not end the work.
/// </summary>
internal sealed class MessageWriter(TextWriter writer) : TextWriter
{
    /// <inheritdoc/>
    public override Encoding Encoding => writer.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => Try(() => writer.Write(value));

    /// <inheritdoc/>
    public override void Write(string? value) => Try(() => writer.Write(value));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Try(() => writer.WriteLine(value));

    /// <inheritdoc/>
    public override void Flush() => Try(writer.Flush);

    private static void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }
}
