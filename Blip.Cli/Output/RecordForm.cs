using System.Diagnostics;

namespace Blip.Cli.Output;

/// <summary>How a command's result looks in each of the formats. A result is one record, or some: an image beside several texts.</summary>
/// <typeparam name="T">The library's result.</typeparam>
internal abstract class RecordForm<T>
{
    /// <summary>The names of the formats that every command has.</summary>
    public static readonly string[] Formats = ["text", "json", "jsonl", "csv"];

    /// <summary>The writer of a format.</summary>
    /// <param name="format">One of the command's formats.</param>
    /// <param name="output">Where to write; a <see cref="StreamWriter"/> where a file was named.</param>
    /// <param name="style">How; null for the usual way.</param>
    public virtual RecordWriter<T> Writer(string format, TextWriter output, RecordStyle? style = null) => format switch
    {
        "json" => new JsonRecordWriter<T>(output, this, lines: false),
        "jsonl" => new JsonRecordWriter<T>(output, this, lines: true),
        "csv" => new CsvRecordWriter<T>(output, this, style?.GuardsFormulas == true),
        "text" => new TextRecordWriter<T>(output, this, style ?? new RecordStyle()),
        _ => throw new UnreachableException($"Nothing writes the format {format}."),
    };

    /// <summary>The error, where there is no result; a sentence for people.</summary>
    public abstract string? Error(T result);

    /// <summary>A line over the lines of text; null where they speak for themselves.</summary>
    public virtual string? TextHeading => null;

    /// <summary>Lines for people, and for <c>cut</c>; asked of results without an error only, as a failure is told on standard error.</summary>
    public abstract IEnumerable<string> Text(T result);

    /// <summary>The names of the columns.</summary>
    public abstract IReadOnlyList<string> Columns { get; }

    /// <summary>The fields of each line of a table, as many as there are columns.</summary>
    public abstract IEnumerable<IReadOnlyList<string>> Rows(T result);

    /// <summary>JSON objects, each on one line.</summary>
    public abstract IEnumerable<string> Json(T result);
}
