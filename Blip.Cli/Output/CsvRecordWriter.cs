using System.Buffers;

namespace Blip.Cli.Output;

/// <summary>RFC 4180: a heading, and a line for each record.</summary>
internal sealed class CsvRecordWriter<T>(TextWriter output, RecordForm<T> form) : RecordWriter<T>(output)
{
    private static readonly SearchValues<char> Special = SearchValues.Create("\",\r\n");

    /// <inheritdoc/>
    protected override void WriteStart() => WriteLine(form.Columns);

    /// <inheritdoc/>
    protected override void WriteResult(T result)
    {
        foreach (var row in form.Rows(result))
            WriteLine(row);
    }

    private void WriteLine(IReadOnlyList<string> fields)
    {
        for (var i = 0; i < fields.Count; i++)
        {
            if (i > 0)
                Output.Write(',');
            Output.Write(Quoted(fields[i]));
        }
        Output.Write("\r\n");
    }

    private static string Quoted(string field) => field.AsSpan().ContainsAny(Special) ? $"\"{field.Replace("\"", "\"\"")}\"" : field;
}
