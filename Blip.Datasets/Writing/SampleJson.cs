using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Blip.Datasets.Files;

namespace Blip.Datasets.Writing;

/// <summary>JSON of samples, with reproducible bytes.</summary>
internal static class SampleJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The further fields, then all texts with their details.</summary>
    public static JsonObject Of(WrittenSample sample)
    {
        var json = (JsonObject?)sample.Fields?.DeepClone() ?? [];
        json.Remove(Captions.Field);
        json[Captions.Field] = new JsonArray([.. sample.Texts.Select(Of)]);
        return json;
    }

    /// <summary>UTF-8 without a line end.</summary>
    public static byte[] Bytes(JsonNode node)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Options))
            node.WriteTo(writer);
        return stream.ToArray();
    }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static JsonObject Of(WrittenText text)
    {
        var json = new JsonObject { [Captions.Text] = text.Text };
        foreach (var (name, value) in text.Details ?? [])
        {
            if (name != Captions.Text)
                json[name] = value?.DeepClone();
        }
        return json;
    }
}
