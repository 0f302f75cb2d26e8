using System.Diagnostics.CodeAnalysis;
using Blip.Kernels.Devices;
using Blip.Runtime.Imaging;

namespace Blip.Runtime.Pipelines;

/// <summary>An image on its way to the device, or the reason why it goes no further.</summary>
internal readonly record struct DecodedImage(ImageSource Source, RgbImage? Image, string? Error)
{
    /// <summary>What is on the device of it already; then there are no pixels.</summary>
    public ImageFeatures? Features { get; init; }

    /// <summary>What the image encoder made of the image already, with others of its batch; null for an image that is yet to be encoded.</summary>
    public EncodedImage? Encoded { get; init; }

    /// <summary>The pixels on their way to the device already; null where they go when their turn comes.</summary>
    public StagedBytes? Staged { get; init; }

    /// <summary>True where there are pixels.</summary>
    [MemberNotNullWhen(true, nameof(Image))]
    public bool HasPixels => Image is not null;

    /// <summary>Decodes an image; what is wrong with it is a value.</summary>
    public static DecodedImage Of(ImageSource source)
    {
        try
        {
            return new DecodedImage(source, source.Decode(), null);
        }
        catch (ImageException e)
        {
            return new DecodedImage(source, null, e.Message);
        }
    }

    /// <summary>As <see cref="Of"/>; an image that is encoded already needs no pixels.</summary>
    public static DecodedImage OrFeatures(ImageSource source) =>
        source.Features is { } features ? new DecodedImage(source, null, null) { Features = features } : Of(source);
}
