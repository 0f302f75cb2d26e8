using System.Globalization;
using Blip.Runtime.Tracing;
using Spectre.Console;

namespace Blip.Cli.Output;

/// <summary>A traced run's result: the text, and each token's lead over the next best.</summary>
internal sealed class TraceReport
{
    private readonly TraceFile file;
    private readonly List<TraceStep> steps = [];

    public TraceReport(TraceFile file)
    {
        this.file = file;
        if (!file.Holds(TracePlace.Sequences) || !file.Holds(TracePlace.Logits))
            return;
        var vocabulary = checked((int)file.Info(TracePlace.Logits).Shape[^1]);
        steps = TraceStep.Of(
            file.ReadIds(TracePlace.Sequences)[0],
            file.Metadata.PromptTokens,
            (row, values) => file.Read(TracePlace.Logits, (long)row * vocabulary, values),
            vocabulary);
    }

    public void WriteText(TextWriter output)
    {
        if (file.Metadata.Result is { } result)
            output.WriteLine(result);
        if (steps.Count == 0)
            return;
        var table = Tables.Create(">position", ">token", "word", ">logit", ">next best", "word", ">logit", ">gap", "");
        foreach (var step in steps)
        {
            string[] row =
            [
                $"{step.Position}", $"{step.Token}", Word(step.Token), Number(step.Logit),
                $"{step.Other}", Word(step.Other), Number(step.OtherLogit), Number(step.Gap), step.IsNearTie ? "near-tie" : "",
            ];
            table.AddRow([.. row.Select(cell => cell.EscapeMarkup())]);
        }
        output.WriteTable(table);
    }

    public string Json() => JsonText.Object(json =>
    {
        json.WriteString("output", file.Path);
        json.WriteString("result", file.Metadata.Result);
        json.WriteNumber("tensors", file.Names.Count);
        json.WriteObjects("steps", steps, step =>
        {
            json.WriteNumber("position", step.Position);
            json.WriteNumber("token", step.Token);
            json.WriteString("word", Word(step.Token));
            json.WriteScore("logit", step.Logit);
            json.WriteNumber("next_token", step.Other);
            json.WriteString("next_word", Word(step.Other));
            json.WriteScore("next_logit", step.OtherLogit);
            json.WriteScore("gap", step.Gap);
            json.WriteBoolean("near_tie", step.IsNearTie);
        });
    });

    private string Word(int token) => file.Metadata.Words.GetValueOrDefault(token, "");

    private static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
