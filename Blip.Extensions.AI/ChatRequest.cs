using Blip.Runtime.Pipelines;
using Microsoft.Extensions.AI;

namespace Blip.Extensions.AI;

/// <summary>A conversation's last message: the latest image, and the message's words if it has any.</summary>
internal sealed record ChatRequest(ImageSource Image, string? Question)
{
    /// <exception cref="ArgumentException">There is no image, or a message has several.</exception>
    /// <exception cref="NotSupportedException">A message's kind is not supported.</exception>
    public static ChatRequest Of(IEnumerable<ChatMessage> messages, bool allowLocalFiles)
    {
        var list = messages.ToList();
        if (list.Count == 0 || list[^1].Role != ChatRole.User)
            throw new ArgumentException("The last message must be a user's, with an image or a question.", nameof(messages));
        if (list.Exists(message => message.Role == ChatRole.System))
            throw new NotSupportedException("BLIP cannot follow a system message: leave it out.");
        if (list.Exists(message => message.Role == ChatRole.Tool))
            throw new NotSupportedException("BLIP knows no tools: leave messages of tools out.");
        var users = list.Where(message => message.Role == ChatRole.User).ToList();
        var image = users.Select(message => ImageOf(message)).LastOrDefault(content => content is not null)
            ?? throw new ArgumentException(
                "There is no image: put it into the message as DataContent, with a media type such as image/png.", nameof(messages));
        var question = list[^1].Text.Trim();
        return new ChatRequest(Images.From(image, allowLocalFiles), question.Length == 0 ? null : question);
    }

    private static AIContent? ImageOf(ChatMessage message)
    {
        AIContent? image = null;
        foreach (var content in message.Contents)
        {
            if (content is TextContent)
                continue;
            if (!Images.Is(content))
                throw new NotSupportedException(
                    $"BLIP cannot read {Images.Describe(content)}: a message holds text and one image (DataContent with a media type "
                        + $"image/…).");
            if (image is not null)
                throw new ArgumentException(
                    "A message holds more than one image: send each in a message, or a request, of its own.", nameof(message));
            image = content;
        }
        return image;
    }
}
