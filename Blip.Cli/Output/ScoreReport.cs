using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Blip.Cli.Options;
using Spectre.Console;

namespace Blip.Cli.Output;

/// <summary>Scores: a table for people, with percentages as in papers; JSON for programs, with the numbers as they are.</summary>
internal static class ScoreReport
{
    /// <summary>The formats' descriptions, for the help.</summary>
    public const string Formats = "text: a table, times 100 as in papers; json: the numbers as they are.";

    /// <summary>Adds the options for a report to a command.</summary>
    public static OutputBinding Binding(Command command, EvaluationBinding evaluation)
    {
        var before = command.Options.ToHashSet();
        var output = new OutputBinding(command, Formats, ["text", "json"]);
        evaluation.AllowWithResults([.. command.Options.Where(option => !before.Contains(option) && option.Name != "--profile")]);
        return output;
    }

    /// <summary>Writes a report.</summary>
    /// <param name="output">The place and the form.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="terminal">Standard output.</param>
    /// <param name="scores">The scores, 1 being 100 percent.</param>
    /// <param name="count">The scored things, their number, and the total.</param>
    /// <param name="details">Writes an object for each one; null for none.</param>
    public static void Write(
        OutputBinding output,
        ParseResult parsed,
        Terminal terminal,
        IEnumerable<KeyValuePair<string, double>> scores,
        (string Things, int Scored, int All) count,
        Action<Utf8JsonWriter>? details)
    {
        using var file = output.Open(parsed);
        var writer = file?.Writer ?? terminal.Output;
        if (output.Format(parsed) == "json")
            writer.WriteLine(Json(scores, count, details));
        else
            WriteText(writer, scores, count);
        file?.Finish(complete: true);
    }

    private static void WriteText(TextWriter writer, IEnumerable<KeyValuePair<string, double>> scores, (string Things, int Scored, int All) count)
    {
        var table = Tables.Create("score", ">× 100");
        foreach (var (name, score) in scores)
            table.AddRow(name, (100 * score).ToString("0.00", CultureInfo.InvariantCulture));
        writer.WriteTable(table);
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count.Scored} of {count.All} {count.Things}"));
    }

    private static string Json(IEnumerable<KeyValuePair<string, double>> scores, (string Things, int Scored, int All) count, Action<Utf8JsonWriter>? details) =>
        JsonText.Write(indented: true, json =>
        {
            json.WriteStartObject();
            json.WriteNumber(count.Things, count.All);
            json.WriteNumber("scored", count.Scored);
            json.WriteStartObject("scores");
            foreach (var (name, score) in scores)
                json.WriteNumber(name, score);
            json.WriteEndObject();
            if (details is not null)
            {
                json.WriteStartArray("details");
                details(json);
                json.WriteEndArray();
            }
            json.WriteEndObject();
        });
}
