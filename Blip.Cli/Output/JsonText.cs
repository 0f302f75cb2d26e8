using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Blip.Cli.Output;

/// <summary>Writes JSON without reflection, so that short runs stay short.</summary>
internal static class JsonText
{
    /// <summary>The text of one value. Letters of all languages stay readable: the text is never pasted into HTML.</summary>
    public static string Write(bool indented, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(
            buffer, new JsonWriterOptions { Indented = indented, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            write(json);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>An object on one line.</summary>
    public static string Object(Action<Utf8JsonWriter> properties) => Write(indented: false, json =>
    {
        json.WriteStartObject();
        properties(json);
        json.WriteEndObject();
    });

    /// <summary>The record of a failed image.</summary>
    public static string Failure(string path, string error) => Object(json =>
    {
        json.WriteString("path", path);
        json.WriteString("error", error);
    });

    public static void WriteObjects<T>(this Utf8JsonWriter json, string name, IEnumerable<T> items, Action<T> properties)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartObject();
            properties(item);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    public static void WriteTokens(this Utf8JsonWriter json, IReadOnlyList<int> tokens)
    {
        json.WriteStartArray("tokens");
        foreach (var token in tokens)
            json.WriteNumberValue(token);
        json.WriteEndArray();
    }

    /// <summary>A number, or null for minus infinity, the score of a sequence that the rules exclude; JSON has no infinity.</summary>
    public static void WriteScore(this Utf8JsonWriter json, string name, double score)
    {
        if (double.IsFinite(score))
            json.WriteNumber(name, score);
        else
            json.WriteNull(name);
    }
}
