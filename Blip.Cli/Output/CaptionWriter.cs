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

    /// <summary>What stands before the records.</summary>
    public virtual void Begin()
    {
    }

    /// <summary>Writes one record.</summary>
    public void Write(CaptionResult result)
    {
        WriteRecord(result);
        Output.Flush();
    }

    /// <summary>What stands after the records; also when the run was interrupted.</summary>
    public virtual void End() => Output.Flush();

    /// <summary>Writes one record in the format.</summary>
    protected abstract void WriteRecord(CaptionResult result);
}
