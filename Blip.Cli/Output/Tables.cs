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

    /// <summary>Writes the table, in colours where the writer is a screen.</summary>
    public static void WriteTable(this TextWriter writer, Terminal terminal, Table table)
    {
        var screen = ReferenceEquals(writer, terminal.Output) && terminal.OutputWidth is not null;
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = screen ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = screen ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = screen ? terminal.OutputWidth!.Value : Unlimited;
        console.Write(table);
    }
}
