using Spectre.Console;

namespace Blip.Cli.Output;

/// <summary>Tables for people, and for <c>grep</c>: one row is one line.</summary>
internal static class Tables
{
    private const int Unlimited = 1000;

    /// <summary>A table with these headings; one that begins with <c>&gt;</c> is aligned to the right.</summary>
    public static Table Create(params string[] headings)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var heading in headings)
        {
            var column = new TableColumn(heading.TrimStart('>').EscapeMarkup()).NoWrap();
            table.AddColumn(heading.StartsWith('>') ? column.RightAligned() : column);
        }
        return table;
    }

    /// <summary>Writes the table. A row that is wider than the screen is the screen's to fold: a folded cell could not be searched for.</summary>
    public static void WriteTable(this TextWriter writer, Table table)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = Unlimited;
        console.Write(table);
    }
}
