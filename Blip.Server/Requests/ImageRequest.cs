namespace Blip.Server.Requests;

/// <summary>A request about images: in its JSON or as files.</summary>
internal interface IImageRequest
{
    string? Image { get; }

    IReadOnlyList<string>? Images { get; }
}
