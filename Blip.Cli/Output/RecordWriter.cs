namespace Blip.Cli.Output;

/// <summary>Results as they come, in one of the formats. Every one is flushed: finished results stay, however the run ends.</summary>
internal abstract class RecordWriter<T>(TextWriter output)
{
    /// <summary>Where the records go.</summary>
    protected TextWriter Output => output;

    /// <summary>Writes the part before the records.</summary>
    /// <param name="goesOn">Whether records stand there already, and all that comes before them.</param>
    public void Begin(bool goesOn = false)
    {
        if (!goesOn)
            WriteStart();
        Output.Flush();
    }

    /// <summary>Writes one result.</summary>
    public void Write(T result)
    {
        WriteResult(result);
        Output.Flush();
    }

    /// <summary>Writes the part after the records; also when the run was interrupted.</summary>
    public void End()
    {
        WriteEnd();
        Output.Flush();
    }

    /// <summary>The part before the records, where the format has one.</summary>
    protected virtual void WriteStart()
    {
    }

    /// <summary>The part after the records, where the format has one.</summary>
    protected virtual void WriteEnd()
    {
    }

    /// <summary>Writes one result in the format.</summary>
    protected abstract void WriteResult(T result);
}
