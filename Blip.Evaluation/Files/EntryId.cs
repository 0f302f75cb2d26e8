using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Blip.Evaluation;

/// <summary>
/// A data set's id of an image or a question: a number in COCO and VQA, elsewhere a text. 42, 42.0 and "42"
/// are one id, as files differ in it.
/// </summary>
[JsonConverter(typeof(EntryIdConverter))]
public readonly record struct EntryId : IComparable<EntryId>
{
    // Null for a whole number.
    private readonly string? text;
    private readonly long number;

    /// <summary>A number as an id.</summary>
    public EntryId(long number) => this.number = number;

    /// <summary>A text as an id; "42" is the number 42.</summary>
    public EntryId(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var parsed)
            && parsed.ToString(CultureInfo.InvariantCulture) == text)
            number = parsed;
        else
            this.text = text;
    }

    /// <summary>The number; null for a text.</summary>
    public long? Number => text is null ? number : null;

    /// <summary>A number as an id.</summary>
    public static implicit operator EntryId(long number) => new(number);

    /// <inheritdoc/>
    public int CompareTo(EntryId other) => (Number, other.Number) switch
    {
        ({ } mine, { } others) => mine.CompareTo(others),
        (null, null) => string.CompareOrdinal(text, other.text),
        _ => text is null ? -1 : 1,
    };

    /// <summary>The id as text.</summary>
    public override string ToString() => text ?? number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Writes a number as a number, a text as a text.</summary>
    public void Write(Utf8JsonWriter json, string name)
    {
        ArgumentNullException.ThrowIfNull(json);
        if (text is null)
            json.WriteNumber(name, number);
        else
            json.WriteString(name, text);
    }
}

internal sealed class EntryIdConverter : JsonConverter<EntryId>
{
    /// <inheritdoc/>
    public override EntryId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
            return new EntryId(reader.GetString()!);
        if (reader.TokenType != JsonTokenType.Number)
            throw new JsonException();
        if (reader.TryGetInt64(out var number))
            return number;
        // pandas writes 1.0 in a column with a missing number.
        return reader.TryGetDecimal(out var exact) && decimal.Truncate(exact) == exact && exact is >= long.MinValue and <= long.MaxValue
            ? (long)exact
            : throw new JsonException();
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, EntryId value, JsonSerializerOptions options)
    {
        if (value.Number is { } number)
            writer.WriteNumberValue(number);
        else
            writer.WriteStringValue(value.ToString());
    }
}
