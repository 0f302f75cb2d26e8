using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Blip.Cli.Options;
using Spectre.Console;

namespace Blip.Cli.Output;

/// <summary>Scores: a table in percent for people, JSON with fractions for programs.</summary>
internal static class ScoreReport
{
    public const string Formats = "text: a table, times 100 as in papers; json: the numbers as they are.";

    public static OutputBinding Binding(Command command, EvaluationBinding evaluation)
    {
        var before = command.Options.ToHashSet();
        var output = new OutputBinding(command, Formats, ["text", "json"]);
        evaluation.AllowWithResults([.. command.Options.Where(option => !before.Contains(option) && option.Name != "--profile")]);
        return output;
    }

    /// <summary>Writes a report. Scores are fractions of 1; <paramref name="details"/> writes an object for each scored thing.</summary>
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

    private static void WriteText(
        TextWriter writer, IEnumerable<KeyValuePair<string, double>> scores, (string Things, int Scored, int All) count)
    {
        var table = Tables.Create("score", ">× 100");
        foreach (var (name, score) in scores)
            table.AddRow(name, (100 * score).ToString("0.00", CultureInfo.InvariantCulture));
        writer.WriteTable(table);
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count.Scored} of {count.All} {count.Things}"));
    }

    private static string Json(
        IEnumerable<KeyValuePair<string, double>> scores, (string Things, int Scored, int All) count, Action<Utf8JsonWriter>? details) =>
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
