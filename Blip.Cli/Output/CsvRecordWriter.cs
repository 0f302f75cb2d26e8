using System.Buffers;
using System.Globalization;

namespace Blip.Cli.Output;

/// <summary>
/// CSV (RFC 4180): a heading, and a line per record. With <paramref name="guardsFormulas"/>, an apostrophe
/// makes a spreadsheet take formulas as text.
/// </summary>
internal sealed class CsvRecordWriter<T>(TextWriter output, RecordForm<T> form, bool guardsFormulas = false) : RecordWriter<T>(output)
{
    private const char Guard = '\'';

    private static readonly SearchValues<char> Formulas = SearchValues.Create("=+-@\t\r");

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
            Output.Write(Quoted(guardsFormulas && IsFormula(fields[i]) ? Guard + fields[i] : fields[i]));
        }
        Output.Write("\r\n");
    }

    /// <summary>A cell without its guard.</summary>
    public static string Unguarded(string field) => field.Length > 1 && field[0] == Guard && IsFormula(field[1..]) ? field[1..] : field;

    // A number with a sign is no formula.
    private static bool IsFormula(string field) => field.Length > 0 && Formulas.Contains(field[0])
        && !double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private static string Quoted(string field) => field.AsSpan().ContainsAny(Special) ? $"\"{field.Replace("\"", "\"\"")}\"" : field;
}
