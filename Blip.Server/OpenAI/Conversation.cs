using System.Text.Json;
using Blip.Runtime.Pipelines;
using Blip.Server.Http;

namespace Blip.Server.OpenAI;

/// <summary>A conversation: the images of the last message that has some, and the text of the last message (possibly empty).</summary>
internal sealed record Conversation(IReadOnlyList<ImageSource> Images, string Text)
{
    /// <summary>
    /// Reads a conversation. System and assistant messages are skipped: BLIP reads one text at a time and follows no instructions.
    /// </summary>
    /// <exception cref="RequestException">A message's form is unknown, or there is no image.</exception>
    public static async Task<Conversation> ReadAsync(
        IReadOnlyList<ChatMessageInput>? messages, ImageInputs inputs, CancellationToken cancellationToken)
    {
        if (messages is null or [])
            throw RequestException.Bad(
                "messages is missing or empty: send at least one message of the role 'user' with an image.", "messages");
        IReadOnlyList<string> images = [];
        string? text = null;
        foreach (var (place, message) in messages.Index())
        {
            var field = $"messages[{place}]";
            if (!IsUsers(message, field))
                continue;
            var (texts, its) = Parts(message.Content, $"{field}.content");
            text = string.Join('\n', texts).Trim();
            images = its.Count > 0 ? its : images;
        }
        if (text is null)
            throw RequestException.Bad("There is no message of the role 'user': send one with an image.", "messages");
        if (images.Count == 0)
            throw RequestException.Bad(
                "There is no image: send one as a part {\"type\": \"image_url\", \"image_url\": {\"url\": \"data:image/png;base64,…\"}}.",
                    "messages");
        return new Conversation(await inputs.ReadAsync(images, "messages", cancellationToken).ConfigureAwait(false), text);
    }

    private static bool IsUsers(ChatMessageInput message, string field) => message?.Role switch
    {
        "user" => true,
        "system" or "developer" or "assistant" => false,
        "tool" or "function" => throw RequestException.Bad($"{field} is a tool's, and BLIP calls no tools: take it out.", field),
        null => throw RequestException.Bad($"{field} has no role: give 'user'.", field),
        var other => throw RequestException.Bad($"{field} has the role '{other}': give 'user', 'assistant' or 'system'.", field),
    };

    private static (List<string> Texts, List<string> Images) Parts(JsonElement? content, string field)
    {
        var (texts, images) = (new List<string>(), new List<string>());
        switch (content?.ValueKind)
        {
            case JsonValueKind.String:
                texts.Add(content.Value.GetString()!);
                break;
            case JsonValueKind.Array:
                foreach (var (place, part) in content.Value.EnumerateArray().Index())
                    Add(part, $"{field}[{place}]", texts, images);
                break;
            default:
                throw RequestException.Bad($"{field} is missing or of another kind: give a text, or a list of parts.", field);
        }
        return (texts, images);
    }

    private static void Add(JsonElement part, string field, List<string> texts, List<string> images)
    {
        switch (TextOf(part, "type"))
        {
            case "text":
                texts.Add(TextOf(part, "text") ?? throw RequestException.Bad($"{field} has no text.", field));
                break;
            case "image_url":
                images.Add(Address(part) ?? throw RequestException.Bad(
                    $"{field} has no image_url.url: give 'data:image/…;base64,…'.", field));
                break;
            case var other:
                throw RequestException.Bad($"{field} is a part of the type '{other ?? "none"}': BLIP reads 'text' and 'image_url'.", field);
        }
    }

    private static string? Address(JsonElement part) => !part.TryGetProperty("image_url", out var image) ? null
        : image.ValueKind == JsonValueKind.String ? image.GetString()
        : TextOf(image, "url");

    private static string? TextOf(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
