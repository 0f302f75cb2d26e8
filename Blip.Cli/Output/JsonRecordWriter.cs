namespace Blip.Cli.Output;

/// <summary>One object per line: in an array (<c>json</c>) or bare (<c>jsonl</c>).</summary>
internal sealed class JsonRecordWriter<T>(TextWriter output, RecordForm<T> form, bool lines) : RecordWriter<T>(output)
{
    private bool first = true;

    /// <inheritdoc/>
    protected override void WriteStart() => Output.Write(lines ? "" : "[");

    /// <inheritdoc/>
    protected override void WriteEnd() => Output.Write(lines ? "" : first ? "]\n" : "\n]\n");

    /// <inheritdoc/>
    protected override void WriteResult(T result)
    {
        foreach (var record in form.Json(result))
        {
            // The comma precedes the next record, so that the array can be closed at any time.
            Output.Write(lines ? $"{record}\n" : $"{(first ? "" : ",")}\n{record}");
            first = false;
        }
    }
}
