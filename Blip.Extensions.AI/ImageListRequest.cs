using Blip.Runtime.Pipelines;
using Microsoft.Extensions.AI;

namespace Blip.Extensions.AI;

/// <summary>
/// Several images in the last message, and a text wanted of each: the request of <c>ImageAlternativeTextEnricher</c> of Microsoft.Extensions.DataIngestion
/// asks for. Instructions and messages of the system are about how to describe, and are passed over.
/// </summary>
/// <param name="Images">The images in order.</param>
/// <param name="Question">The message's words, asked about each image; null for captions.</param>
/// <param name="Format">How the texts are written.</param>
internal sealed record ImageListRequest(IReadOnlyList<ImageSource> Images, string? Question, StringsFormat Format)
{
    /// <summary>Reads a conversation; null where no array of texts is asked for.</summary>
    /// <exception cref="ArgumentException">The last message holds no image.</exception>
    /// <exception cref="NotSupportedException">It holds a part that is no image and no text.</exception>
    public static ImageListRequest? Of(IEnumerable<ChatMessage> messages, ChatOptions? options, bool allowLocalFiles)
    {
        if (StringsFormat.Of(options?.ResponseFormat) is not { } format)
            return null;
        if (messages.LastOrDefault() is not { } last || last.Role != ChatRole.User)
            throw new ArgumentException("The last message must be a user's, with images.", nameof(messages));
        var contents = last.Contents.Where(content => content is not TextContent).ToList();
        if (contents.Find(content => !AI.Images.Is(content)) is { } other)
            throw new NotSupportedException($"BLIP cannot read {AI.Images.Describe(other)}: a message holds text and images (DataContent with a media type image/…).");
        if (contents.Count == 0)
            throw new ArgumentException("An array of texts has one for each image of the last message, and that holds none.", nameof(messages));
        var question = last.Text.Trim();
        return new ImageListRequest([.. contents.Select(content => AI.Images.From(content, allowLocalFiles))], question.Length == 0 ? null : question, format);
    }

    /// <summary>The options without the ones that this request has read.</summary>
    public static ChatOptions Rest(ChatOptions options)
    {
        var rest = options.Clone();
        (rest.ResponseFormat, rest.Instructions) = (null, null);
        return rest;
    }
}
