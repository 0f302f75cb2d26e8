using System.Text.Json;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Output;

/// <summary>One object for each picture, one object on each line: as an array (<c>json</c>) or bare (<c>jsonl</c>).</summary>
internal sealed class JsonCaptionWriter(TextWriter output, bool several, bool lines) : CaptionWriter(output)
{
    private bool first = true;

    /// <inheritdoc/>
    protected override void WriteStart() => Output.Write(lines ? "" : "[");

    /// <inheritdoc/>
    protected override void WriteEnd() => Output.Write(lines ? "" : first ? "]\n" : "\n]\n");

    /// <inheritdoc/>
    protected override void WriteRecord(CaptionResult result)
    {
        var record = JsonText.Write(indented: false, json => Write(json, result));
        // The comma comes before the next record, so that an array can be closed at any time.
        Output.Write(lines ? $"{record}\n" : $"{(first ? "" : ",")}\n{record}");
        first = false;
    }

    private void Write(Utf8JsonWriter json, CaptionResult result)
    {
        json.WriteStartObject();
        json.WriteString("path", result.Source.Name);
        if (!result.Succeeded)
            json.WriteString("error", result.Error);
        else if (several)
            WriteAll(json, result.Caption);
        else
            Write(json, result.Caption);
        json.WriteEndObject();
    }

    private static void WriteAll(Utf8JsonWriter json, Caption best)
    {
        json.WriteStartArray("captions");
        foreach (var caption in best.All)
        {
            json.WriteStartObject();
            Write(json, caption);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, Caption caption)
    {
        json.WriteString("caption", caption.Text);
        json.WriteStartArray("tokens");
        foreach (var token in caption.Tokens)
            json.WriteNumberValue(token);
        json.WriteEndArray();
        // A sequence that the rules left no way for has a score of minus infinity, which JSON has no word for.
        if (double.IsFinite(caption.Score))
            json.WriteNumber("score", caption.Score);
        else
            json.WriteNull("score");
    }
}
