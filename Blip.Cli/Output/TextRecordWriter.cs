namespace Blip.Cli.Output;

/// <summary>Lines for people and <c>cut</c>. Failures go to standard error and have no line.</summary>
internal sealed class TextRecordWriter<T>(TextWriter output, RecordForm<T> form, RecordStyle style) : RecordWriter<T>(output)
{
    /// <inheritdoc/>
    protected override void WriteStart()
    {
        if (form.TextHeading is { } heading)
            Write(heading);
    }

    /// <inheritdoc/>
    protected override void WriteResult(T result)
    {
        if (form.Error(result) is not null)
            return;
        foreach (var line in form.Text(result))
            Write(line);
    }

    private void Write(string line) => Output.Write((style.IsScreen ? Printable.Of(line) : line) + style.LineEnd);
}
