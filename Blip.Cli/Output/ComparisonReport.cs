using System.Globalization;
using System.Text.Json;
using Blip.Runtime.Tracing;
using Spectre.Console;

namespace Blip.Cli.Output;

internal sealed class ComparisonReport(TraceFile first, TraceFile second, TraceComparison comparison)
{
    private const int NamesShown = 4;

    public TraceComparison Comparison => comparison;

    /// <summary>Hints for judging a difference: different settings, and tensors in only one file.</summary>
    public IEnumerable<string> Notes()
    {
        foreach (var (name, a, b) in first.Metadata.Differences(second.Metadata))
            yield return $"{name} is {a} in the first file and {b} in the second";
        if (comparison.Alone.First.Count > 0)
            yield return $"{first.Path} alone holds {Shown(comparison.Alone.First)}";
        if (comparison.Alone.Second.Count > 0)
            yield return $"{second.Path} alone holds {Shown(comparison.Alone.Second)}";
    }

    /// <summary>Writes one line, with <paramref name="verbose"/> after a line per tensor.</summary>
    public void WriteText(TextWriter output, bool verbose)
    {
        if (verbose)
            WriteTable(output);
        output.WriteLine(comparison.First is { } difference ? Line(difference) : Same());
    }

    public string Json() => JsonText.Object(json =>
    {
        json.WriteString("first", first.Path);
        json.WriteString("second", second.Path);
        json.WriteString("first_difference", comparison.First?.Name);
        json.WriteString("module", comparison.First is { } difference ? TracePlace.Module(difference.Name, comparison.Head) : null);
        WriteTokens(json);
        json.WriteObjects("tensors", comparison.Tensors, tensor =>
        {
            json.WriteString("name", tensor.Name);
            json.WriteBoolean("differs", tensor.Differs);
            json.WriteString("reason", tensor.Reason);
            json.WriteNumber("tolerance", tensor.Tolerance);
            json.WriteScore("relative", tensor.Relative);
            json.WriteScore("relative_rms", tensor.RelativeRms);
            json.WriteStartArray("index");
            foreach (var place in tensor.Index)
                json.WriteNumberValue(place);
            json.WriteEndArray();
            json.WriteScore("first", tensor.Values.First);
            json.WriteScore("second", tensor.Values.Second);
        });
    });

    private void WriteTokens(Utf8JsonWriter json)
    {
        if (comparison.Tokens is not { } tokens)
        {
            json.WriteNull("tokens");
            return;
        }
        json.WriteStartObject("tokens");
        json.WriteNumber("row", tokens.Row);
        json.WriteNumber("position", tokens.Position);
        json.WriteString("first", Word(tokens.First));
        json.WriteString("second", Word(tokens.Second));
        json.WriteScore("gap", tokens.Gap ?? double.NaN);
        json.WriteBoolean("near_tie", tokens.IsNearTie);
        json.WriteEndObject();
    }

    private void WriteTable(TextWriter output)
    {
        var table = Tables.Create("tensor", "shape", ">largest / rms", ">rms / rms", "at", "");
        foreach (var tensor in comparison.Tensors)
        {
            string[] row = tensor.Reason is { } reason
                ? [tensor.Name, Shape(tensor), "", "", "", reason]
                : [tensor.Name, Shape(tensor), Share(tensor.Relative), Share(tensor.RelativeRms), Place(tensor), Mark(tensor)];
            table.AddRow([.. row.Select(cell => cell.EscapeMarkup())]);
        }
        output.WriteTable(table);
    }

    private string Line(TensorDifference tensor)
    {
        var what = TracePlace.Of(tensor.Name).Stage switch
        {
            TraceStage.Ids => $"{Text(first, tensor.Name)} and {Text(second, tensor.Name)}",
            TraceStage.Tokens => Tokens(),
            _ => $"{Difference(tensor)}; {Tokens()}",
        };
        return $"first difference: {tensor.Name} ({TracePlace.Module(tensor.Name, comparison.Head)}): {what}";
    }

    private static string Difference(TensorDifference tensor) => tensor.Reason
        ?? $"{Share(tensor.Relative)} of its rms at {Place(tensor)} ({Number(tensor.Values.First)} and {Number(tensor.Values.Second)}), "
        + $"tolerance {Share(tensor.Tolerance)}{NotFinite(tensor)}";

    private string Same()
    {
        var largest = comparison.Largest is { } tensor
            ? $", largest {Share(tensor.Relative)} of its rms in {tensor.Name}, tolerance {Share(tensor.Tolerance)}"
            : "";
        return $"no difference ({comparison.Tensors.Count} tensors{largest})";
    }

    private string Tokens()
    {
        if (comparison.Tokens is not { } tokens)
        {
            var recorded = first.Holds(TracePlace.Sequences) && second.Holds(TracePlace.Sequences);
            return recorded ? "the tokens are the same" : "tokens were not recorded";
        }
        if (tokens is { Logits: var (a, b), Gap: { } gap })
        {
            return $"tokens differ at {tokens.Position}: {Word(tokens.First)} ({Logit(a)}) and {Word(tokens.Second)} ({Logit(b)}), "
                + (tokens.IsNearTie ? $"a near-tie of {Logit(gap)}" : $"{Logit(gap)} apart");
        }
        return $"tokens differ at {tokens.Position}: {Word(tokens.First)} and {Word(tokens.Second)}";
    }

    private string Mark(TensorDifference tensor) => (tensor.Differs ? "differs" : "") + NotFinite(tensor);

    private static string Shown(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(NamesShown)) + (names.Count > NamesShown ? $" and {names.Count - NamesShown} more" : "");

    private static string Text(TraceFile file, string name)
    {
        var known = file.Metadata.Words;
        var words = file.ReadIds(name).SelectMany(row => row)
            .Select(id => known.GetValueOrDefault(id) is { Length: > 0 } word ? word : $"{id}");
        return $"'{string.Join(' ', words)}'";
    }

    private string Word(int? token)
    {
        if (token is not { } id)
            return "the end";
        var word = first.Metadata.Words.GetValueOrDefault(id) ?? second.Metadata.Words.GetValueOrDefault(id) ?? "";
        return word.Length > 0 ? $"'{word}'" : $"{id}";
    }

    private static string NotFinite(TensorDifference tensor) =>
        tensor.NotFinite is (0, 0) ? "" : $", not finite: {tensor.NotFinite.First} and {tensor.NotFinite.Second}";

    private static string Shape(TensorDifference tensor) =>
        tensor.First.ShapeText == tensor.Second.ShapeText ? tensor.First.ShapeText : $"{tensor.First.ShapeText} {tensor.Second.ShapeText}";

    private static string Place(TensorDifference tensor) => $"[{string.Join(", ", tensor.Index)}]";

    private static string Share(double share) => share == 0 ? "0" : share.ToString("0.0e-0", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("G4", CultureInfo.InvariantCulture);

    private static string Logit(double value) => value.ToString("0.00##", CultureInfo.InvariantCulture);
}
