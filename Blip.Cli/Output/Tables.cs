using Spectre.Console;

namespace Blip.Cli.Output;

/// <summary>Tables for people and <c>grep</c>: one row is one line.</summary>
internal static class Tables
{
    private const int Unlimited = 1000;

    /// <summary>A table with these headings; <c>&gt;</c> before one aligns its column to the right.</summary>
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

    /// <summary>Writes the table. Wide rows are left to the screen, as folded cells could not be searched.</summary>
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
