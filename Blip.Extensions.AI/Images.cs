using Blip.Runtime.Pipelines;
using Microsoft.Extensions.AI;

namespace Blip.Extensions.AI;

internal static class Images
{
    public static bool Is(AIContent content) =>
        content is DataContent data ? data.HasTopLevelMediaType("image") : content is UriContent uri && uri.HasTopLevelMediaType("image");

    public static string Describe(AIContent content) => content switch
    {
        DataContent data => $"data of the type {data.MediaType}",
        UriContent uri => $"an address of the type {uri.MediaType}",
        _ => content.GetType().Name,
    };

    /// <exception cref="NotSupportedException">It is a network address, or a file where files are not allowed.</exception>
    public static ImageSource From(AIContent content, bool allowLocalFiles) => content switch
    {
        DataContent data => ImageSource.FromBytes(data.Data.ToArray(), string.IsNullOrEmpty(data.Name) ? "the message's image" : data.Name),
        UriContent { Uri.IsFile: true } uri when allowLocalFiles => ImageSource.FromFile(uri.Uri.LocalPath),
        UriContent { Uri.IsFile: true } => throw new NotSupportedException(
            "An image is named by a file: address, and local files are not allowed: send its bytes as DataContent, or set AllowLocalFiles "
                + "where the messages can be trusted."),
        UriContent uri =>
            throw new NotSupportedException($"{uri.Uri}: nothing is fetched from a network; send the image's bytes as DataContent."),
        _ => throw new NotSupportedException($"{Describe(content)} is no image."),
    };
}
