using Blip.Runtime.Pipelines;

namespace Blip.Cli.Output;

/// <summary>Results as they come, in one of the formats. Every record is flushed: what is finished stays, whatever ends the run.</summary>
internal abstract class CaptionWriter(TextWriter output)
{
    /// <summary>The names of the formats.</summary>
    public static readonly string[] Formats = ["text", "json", "jsonl", "csv"];

    /// <summary>The writer of a format.</summary>
    /// <param name="format">One of <see cref="Formats"/>.</param>
    /// <param name="output">Where to write.</param>
    /// <param name="bare">The run is about one picture that was named: its text needs no path.</param>
    /// <param name="several">More than one sequence for a picture was asked for.</param>
    public static CaptionWriter Create(string format, TextWriter output, bool bare, bool several) => format switch
    {
        "json" => new JsonCaptionWriter(output, several, lines: false),
        "jsonl" => new JsonCaptionWriter(output, several, lines: true),
        "csv" => new CsvCaptionWriter(output),
        _ => new TextCaptionWriter(output, bare),
    };

    /// <summary>Where the records go.</summary>
    protected TextWriter Output => output;

    /// <summary>Writes what stands before the records.</summary>
    public void Begin()
    {
        WriteStart();
        Output.Flush();
    }

    /// <summary>Writes one record.</summary>
    public void Write(CaptionResult result)
    {
        WriteRecord(result);
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

    /// <summary>Writes one record in the format.</summary>
    protected abstract void WriteRecord(CaptionResult result);
}
