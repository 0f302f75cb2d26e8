namespace Blip.Cli.Output;

/// <summary>Results as they come, in one of the formats. Every one is flushed: what is finished stays, whatever ends the run.</summary>
internal abstract class RecordWriter<T>(TextWriter output)
{
    /// <summary>The writer of a format.</summary>
    /// <param name="format">One of <see cref="RecordForm{T}.Formats"/>.</param>
    /// <param name="output">Where to write.</param>
    /// <param name="form">How a result looks.</param>
    public static RecordWriter<T> Create(string format, TextWriter output, RecordForm<T> form) => format switch
    {
        "json" => new JsonRecordWriter<T>(output, form, lines: false),
        "jsonl" => new JsonRecordWriter<T>(output, form, lines: true),
        "csv" => new CsvRecordWriter<T>(output, form),
        _ => new TextRecordWriter<T>(output, form),
    };

    /// <summary>Where the records go.</summary>
    protected TextWriter Output => output;

    /// <summary>Writes what stands before the records.</summary>
    public void Begin()
    {
        WriteStart();
        Output.Flush();
    }

    /// <summary>Writes one result.</summary>
    public void Write(T result)
    {
        WriteResult(result);
        Output.Flush();
    }

    /// <summary>Writes what stands after the records; also when the run was interrupted.</summary>
    public void End()
    {
        WriteEnd();
        Output.Flush();
    }

    /// <summary>What stands before the records, where the format has something there.</summary>
    protected virtual void WriteStart()
    {
    }

    /// <summary>What stands after the records, where the format has something there.</summary>
    protected virtual void WriteEnd()
    {
    }

    /// <summary>Writes one result in the format.</summary>
    protected abstract void WriteResult(T result);
}
