using System.Globalization;
using System.Text;
using System.Text.Json;
using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Tracing;

/// <summary>A trace's metadata: model, settings and texts.</summary>
internal sealed record TraceMetadata
{
    /// <summary>The value of <c>format</c> that marks traces among safetensors files.</summary>
    public const string Format = "blip-trace";

    // Settings of a run; differences between traces begin with these.
    private static readonly string[] Compared =
        ["model", "head", "precision", "encoder_precision", "device", "compat", "image", "text", "version"];

    private readonly IReadOnlyDictionary<string, string> values;

    private TraceMetadata(IReadOnlyDictionary<string, string> values)
    {
        this.values = values;
        Words = ReadWords(values.GetValueOrDefault("words"));
    }

    /// <summary>Whether a tracer wrote the file.</summary>
    public bool IsTrace => values.GetValueOrDefault("format") == Format;

    public IReadOnlyDictionary<string, string> Values => values;

    /// <summary>The model's head; null where unknown.</summary>
    public BlipHead? Head => BlipHeads.TryParse(values.GetValueOrDefault("head") ?? "", out var head) ? head : null;

    /// <summary>The text towers' precision: fp32, fp16, bf16 or int8; null where unknown.</summary>
    public string? Precision => values.GetValueOrDefault("precision");

    /// <summary>The image encoder's precision; null where unknown.</summary>
    public string? EncoderPrecision => values.GetValueOrDefault("encoder_precision");

    /// <summary>The caption, the answer or the scores; null where unknown.</summary>
    public string? Result => values.GetValueOrDefault("result");

    /// <summary>Tokens of the prompt with the start token: those that were not chosen.</summary>
    public int PromptTokens => Number(values.GetValueOrDefault("prompt_tokens")) is { } count ? Math.Max(1, count) : 1;

    /// <summary>The texts of the trace's tokens, by id.</summary>
    public IReadOnlyDictionary<int, string> Words { get; }

    /// <summary>The metadata of a new trace; entries without a value are left out.</summary>
    public static TraceMetadata Of(IEnumerable<(string Key, string? Value)> entries, IReadOnlyDictionary<int, string> words)
    {
        var values = new Dictionary<string, string> { ["format"] = Format };
        foreach (var (key, value) in entries.Where(entry => entry.Value is not null))
            values[key] = value!;
        values["words"] = WriteWords(words);
        return new TraceMetadata(values);
    }

    /// <summary>The metadata of a file, perhaps of another program.</summary>
    public static TraceMetadata From(IReadOnlyDictionary<string, string> file) => new(file);

    /// <summary>The settings in which two traces differ: name, first and second value.</summary>
    public IEnumerable<(string Name, string First, string Second)> Differences(TraceMetadata other) =>
        from key in Compared
        let pair = (First: values.GetValueOrDefault(key), Second: other.values.GetValueOrDefault(key))
        where pair.First is not null && pair.Second is not null && pair.First != pair.Second
        select (key, pair.First, pair.Second);

    private static string WriteWords(IReadOnlyDictionary<int, string> words)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            foreach (var (id, word) in words.OrderBy(entry => entry.Key))
                json.WriteString(id.ToString(CultureInfo.InvariantCulture), word);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static int? Number(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    // A damaged table costs only the words.
    private static Dictionary<int, string> ReadWords(string? text)
    {
        var words = new Dictionary<int, string>();
        if (text is null)
            return words;
        try
        {
            using var json = JsonDocument.Parse(text);
            foreach (var property in json.RootElement.EnumerateObject())
            {
                if (Number(property.Name) is { } id)
                    words[id] = property.Value.GetString() ?? "";
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return [];
        }
        return words;
    }
}
