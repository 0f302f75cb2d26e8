using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Unicode;

namespace Blip.Server.Http;

/// <summary>JSON as requests and responses have it: names with underscores, nulls left out.</summary>
internal static class JsonBodies
{
    private const int MaxDepth = 32;

    /// <summary>For responses.</summary>
    public static readonly JsonSerializerOptions Writing = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // Responses are JSON and no HTML: words in other scripts stay readable.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>For requests.</summary>
    public static readonly JsonSerializerOptions Reading = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        MaxDepth = MaxDepth,
        AllowDuplicateProperties = false,
        Converters = { new TextsConverter(), new ReadableElementConverter() },
    };

    // A form's fields are texts, for any meaning.
    private static readonly JsonSerializerOptions ReadingForms = new(Reading)
    {
        NumberHandling = JsonNumberHandling.AllowReadingFromString,
        Converters = { new WordedFlagConverter() },
    };

    /// <summary>Reads the body of a request.</summary>
    /// <exception cref="RequestException">It is no JSON, or not of this form.</exception>
    public static async ValueTask<T> ReadAsync<T>(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!request.HasJsonContentType())
            throw new RequestException(StatusCodes.Status415UnsupportedMediaType, $"The body is '{request.ContentType}': send JSON, with the content type application/json.");
        try
        {
            return await JsonSerializer.DeserializeAsync<T>(request.Body, Reading, cancellationToken).ConfigureAwait(false) ?? throw Empty();
        }
        catch (JsonException e)
        {
            throw Explain(e);
        }
    }

    /// <summary>Reads the fields of a form.</summary>
    /// <exception cref="RequestException">One is not of this form.</exception>
    public static T ReadForm<T>(JsonObject fields)
    {
        try
        {
            return fields.Deserialize<T>(ReadingForms) ?? throw Empty();
        }
        catch (JsonException e)
        {
            throw Explain(e);
        }
    }

    private static RequestException Empty() => RequestException.Bad("The body is empty: send a JSON object.");

    // The serializer's own words name types of .NET.
    private static RequestException Explain(JsonException e)
    {
        var field = e.Path is ['$', '.', .. var path] ? path : null;
        return field is null
            ? RequestException.Bad($"The body is no JSON object of this endpoint's form (line {e.LineNumber + 1}, byte {e.BytePositionInLine}): see /openapi/v1.json.")
            : RequestException.Bad($"The field '{field}' has a value of another kind, holds what is no text, or is there twice: see /openapi/v1.json for what it may be.", field);
    }

    /// <summary>A part of a body that is read later: every text in it can be read.</summary>
    private sealed class ReadableElementConverter : JsonConverter<JsonElement>
    {
        public override JsonElement Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var element = JsonElement.ParseValue(ref reader);
            var bytes = JsonMarshal.GetRawUtf8Value(element);
            // Half of a surrogate pair, as an escape, is JSON and no text. An image in base64 has no escapes, and costs nothing here.
            if (!Utf8.IsValid(bytes) || (bytes.IndexOf("\\u"u8) >= 0 && !CanBeRead(element)))
                throw new JsonException();
            return element;
        }

        public override void Write(Utf8JsonWriter writer, JsonElement value, JsonSerializerOptions options) => value.WriteTo(writer);

        private static bool CanBeRead(JsonElement element)
        {
            try
            {
                return element.ValueKind switch
                {
                    JsonValueKind.String => element.GetString() is not null,
                    JsonValueKind.Array => element.EnumerateArray().All(CanBeRead),
                    JsonValueKind.Object => element.EnumerateObject().All(property => property.Name is not null && CanBeRead(property.Value)),
                    _ => true,
                };
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        }
    }

    /// <summary>A list of texts; one text is a list, too.</summary>
    private sealed class TextsConverter : JsonConverter<IReadOnlyList<string>>
    {
        public override IReadOnlyList<string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType == JsonTokenType.String)
                return [reader.GetString()!];
            if (reader.TokenType != JsonTokenType.StartArray)
                throw new JsonException();
            var texts = new List<string>();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                texts.Add(reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException());
            return texts;
        }

        public override void Write(Utf8JsonWriter writer, IReadOnlyList<string> value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.ToArray(), options);
    }

    /// <summary>A flag of a form.</summary>
    private sealed class WordedFlagConverter : JsonConverter<bool>
    {
        public override bool Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString() switch
        {
            "true" or "1" or "on" or "yes" => true,
            "false" or "0" or "off" or "no" or "" => false,
            _ => throw new JsonException(),
        };

        public override void Write(Utf8JsonWriter writer, bool value, JsonSerializerOptions options) => writer.WriteBooleanValue(value);
    }
}
