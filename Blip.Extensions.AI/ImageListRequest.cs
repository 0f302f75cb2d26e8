using Blip.Runtime.Pipelines;
using Microsoft.Extensions.AI;

namespace Blip.Extensions.AI;

/// <summary>
/// Several images in the last message, each with a text as its answer, as <c>ImageAlternativeTextEnricher</c>
/// of Microsoft.Extensions.DataIngestion asks. System messages and instructions say how to describe, and are
/// ignored. <paramref name="Question"/> is null for captions.
/// </summary>
internal sealed record ImageListRequest(IReadOnlyList<ImageSource> Images, string? Question, StringsFormat Format)
{
    /// <summary>Reads a conversation; null where it does not ask for an array of texts.</summary>
    /// <exception cref="ArgumentException">The last message holds no image.</exception>
    /// <exception cref="NotSupportedException">A part is neither image nor text.</exception>
    public static ImageListRequest? Of(IEnumerable<ChatMessage> messages, ChatOptions? options, bool allowLocalFiles)
    {
        if (StringsFormat.Of(options?.ResponseFormat) is not { } format)
            return null;
        if (messages.LastOrDefault() is not { } last || last.Role != ChatRole.User)
            throw new ArgumentException("The last message must be a user's, with images.", nameof(messages));
        var contents = last.Contents.Where(content => content is not TextContent).ToList();
        if (contents.Find(content => !AI.Images.Is(content)) is { } other)
            throw new NotSupportedException(
                $"BLIP cannot read {AI.Images.Describe(other)}: a message holds text and images (DataContent with a media type image/…).");
        if (contents.Count == 0)
            throw new ArgumentException(
                "An array of texts has one for each image of the last message, and that holds none.", nameof(messages));
        var question = last.Text.Trim();
        return new ImageListRequest(
            [.. contents.Select(content => AI.Images.From(content, allowLocalFiles))], question.Length == 0 ? null : question, format);
    }

    /// <summary>The options that remain for each text.</summary>
    public static ChatOptions Rest(ChatOptions options)
    {
        var rest = options.Clone();
        (rest.ResponseFormat, rest.Instructions) = (null, null);
        return rest;
    }
}
