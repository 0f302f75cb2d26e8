namespace Blip.Cli.Output;

/// <summary>Writes results in one format. Each is flushed, so that finished results stay however the run ends.</summary>
internal abstract class RecordWriter<T>(TextWriter output)
{
    protected TextWriter Output => output;

    /// <summary>Writes the start, unless records exist already.</summary>
    public void Begin(bool goesOn = false)
    {
        if (!goesOn)
            WriteStart();
        Output.Flush();
    }

    public void Write(T result)
    {
        WriteResult(result);
        Output.Flush();
    }

    /// <summary>Writes the end; also after an interruption.</summary>
    public void End()
    {
        WriteEnd();
        Output.Flush();
    }

    protected virtual void WriteStart()
    {
    }

    protected virtual void WriteEnd()
    {
    }

    protected abstract void WriteResult(T result);
}
