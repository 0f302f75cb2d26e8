namespace Blip.Server.Requests;

/// <summary>A request about images: in its JSON or as files.</summary>
internal interface IImageRequest
{
    /// <summary>One image: base64, or a data: address.</summary>
    string? Image { get; }

    /// <summary>Several images.</summary>
    IReadOnlyList<string>? Images { get; }
}
