using System.Diagnostics;

namespace Blip.Cli.Output;

/// <summary>How a command's result looks in each format. A result has one record or several, such as an image with several texts.</summary>
internal abstract class RecordForm<T>
{
    /// <summary>The formats of every command.</summary>
    public static readonly string[] Formats = ["text", "json", "jsonl", "csv"];

    /// <summary>
    /// The writer of a format. <paramref name="output"/> is a <see cref="StreamWriter"/> if it is a file; a
    /// null <paramref name="style"/> is the default.
    /// </summary>
    public virtual RecordWriter<T> Writer(string format, TextWriter output, RecordStyle? style = null) => format switch
    {
        "json" => new JsonRecordWriter<T>(output, this, lines: false),
        "jsonl" => new JsonRecordWriter<T>(output, this, lines: true),
        "csv" => new CsvRecordWriter<T>(output, this, style?.GuardsFormulas == true),
        "text" => new TextRecordWriter<T>(output, this, style ?? new RecordStyle()),
        _ => throw new UnreachableException($"Nothing writes the format {format}."),
    };

    /// <summary>The error as a sentence; null for a result.</summary>
    public abstract string? Error(T result);

    /// <summary>A line above the lines of text, if any.</summary>
    public virtual string? TextHeading => null;

    /// <summary>Lines for people and <c>cut</c>, only of results without an error: errors go to standard error.</summary>
    public abstract IEnumerable<string> Text(T result);

    public abstract IReadOnlyList<string> Columns { get; }

    /// <summary>The rows of a table.</summary>
    public abstract IEnumerable<IReadOnlyList<string>> Rows(T result);

    /// <summary>JSON objects, each on one line.</summary>
    public abstract IEnumerable<string> Json(T result);
}
