using System.Text.Json;
using Blip.Runtime.Files;

namespace Blip.Runtime.Checkpoints;

/// <summary>An object of one of a model's JSON files. An absent or null field reads as null.</summary>
internal sealed class JsonFile
{
    private const int LongestFile = 16 << 20;

    private readonly JsonElement element;
    private readonly string prefix;

    private JsonFile(JsonElement element, string path, string prefix)
    {
        (this.element, Path, this.prefix) = (element, path, prefix);
        if (element.ValueKind != JsonValueKind.Object)
            throw new CheckpointException($"{path}: {(prefix.Length == 0 ? "the file" : prefix.TrimEnd('.'))} is no JSON object.");
    }

    public string Path { get; }

    /// <exception cref="CheckpointException">The file is absent, too long or no JSON object.</exception>
    public static JsonFile Load(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            if (stream.Length > LongestFile)
                throw new CheckpointException($"{path}: the file is longer than {LongestFile >> 20} MiB: this is no config.");
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return Parse(bytes, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path}: the file cannot be read: {FailureReason.Of(e, path)}.", e);
        }
    }

    /// <exception cref="CheckpointException">The text is no JSON object.</exception>
    public static JsonFile Parse(ReadOnlyMemory<byte> json, string path)
    {
        try
        {
            using var document = JsonInput.Parse(json);
            return new JsonFile(document.RootElement.Clone(), path, "");
        }
        catch (JsonException e)
        {
            throw new CheckpointException($"{path}: the file is not valid JSON ({e.Message}).", e);
        }
    }

    public JsonElement? Value(string field) =>
        element.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A nested object; an absent one is empty.</summary>
    public JsonFile Object(string field) => new(Value(field) ?? JsonElement.Parse("{}"), Path, $"{prefix}{field}.");

    public IEnumerable<JsonProperty> Properties() => element.EnumerateObject();

    public int? Int(string field) =>
        Value(field) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number
        : throw Error(field, $"is {JsonInput.Shown(value)}, not a whole number of 32 bits");

    public double? Number(string field) =>
        Value(field) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? number
        : throw Error(field, $"is {JsonInput.Shown(value)}, not a number");

    public bool? Bool(string field) => Value(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } value => throw Error(field, $"is {JsonInput.Shown(value)}, not true or false"),
    };

    public string? Text(string field) => Value(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => Read(field, value, v => v.GetString()!),
        { } value => throw Error(field, $"is {JsonInput.Shown(value)}, not a text"),
    };

    /// <summary>
    /// Reads an array. <paramref name="item"/> may throw <see cref="InvalidOperationException"/> or <see cref="FormatException"/>.
    /// </summary>
    public T[]? Array<T>(string field, Func<JsonElement, T> item, string what) => Value(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } value => Read(field, value, v => v.EnumerateArray().Select(item).ToArray(), what),
        { } value => throw Error(field, $"is {JsonInput.Shown(value)}, not an array of {what}"),
    };

    public CheckpointException Error(string field, string what) => new($"{Path}: {prefix}{field} {what}.");

    private T Read<T>(string field, JsonElement value, Func<JsonElement, T> read, string what = "valid text")
    {
        try
        {
            return read(value);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException)
        {
            throw Error(field, $"is {JsonInput.Shown(value)}, not {(value.ValueKind == JsonValueKind.Array ? "an array of " : "")}{what}");
        }
    }
}
