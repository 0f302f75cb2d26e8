using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Unicode;

namespace Blip.Server.Http;

/// <summary>JSON of requests and responses: names with underscores, no nulls.</summary>
internal static class JsonBodies
{
    private const int MaxDepth = 32;

    public static readonly JsonSerializerOptions Writing = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // Responses are JSON, not HTML: other scripts stay readable.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static readonly JsonSerializerOptions Reading = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        MaxDepth = MaxDepth,
        AllowDuplicateProperties = false,
        Converters = { new TextsConverter(), new ReadableElementConverter() },
    };

    // All fields of a form are texts.
    private static readonly JsonSerializerOptions ReadingForms = new(Reading)
    {
        NumberHandling = JsonNumberHandling.AllowReadingFromString,
        Converters = { new WordedFlagConverter() },
    };

    /// <exception cref="RequestException">The body is not JSON, or not of this form.</exception>
    public static async ValueTask<T> ReadAsync<T>(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!request.HasJsonContentType())
            throw new RequestException(StatusCodes.Status415UnsupportedMediaType,
                $"The body is '{request.ContentType}': send JSON, with the content type application/json.");
        try
        {
            return await JsonSerializer.DeserializeAsync<T>(request.Body, Reading, cancellationToken).ConfigureAwait(false)
                ?? throw Empty();
        }
        catch (JsonException e)
        {
            throw Explain(e);
        }
    }

    /// <exception cref="RequestException">A field is not of this form.</exception>
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

    // The serializer's message names .NET types.
    private static RequestException Explain(JsonException e)
    {
        var field = e.Path is ['$', '.', .. var path] ? path : null;
        return field is null
            ? RequestException.Bad(
                $"The body is no JSON object of this endpoint's form (line {e.LineNumber + 1}, byte {e.BytePositionInLine}): see "
                    + $"/openapi/v1.json.")
            : RequestException.Bad(
                $"The field '{field}' has a value of another kind, holds what is no text, or is there twice: see /openapi/v1.json for what "
                    + $"it may be.", field);
    }

    /// <summary>JSON to interpret later, of which every text is valid.</summary>
    private sealed class ReadableElementConverter : JsonConverter<JsonElement>
    {
        public override JsonElement Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var element = JsonElement.ParseValue(ref reader);
            var bytes = JsonMarshal.GetRawUtf8Value(element);
            // An escaped half of a surrogate pair is valid JSON but not text. Base64 has no escapes, so images are not searched.
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
                    JsonValueKind.Object =>
                        element.EnumerateObject().All(property => property.Name is not null && CanBeRead(property.Value)),
                    _ => true,
                };
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        }
    }

    /// <summary>A list of texts, or one text.</summary>
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
