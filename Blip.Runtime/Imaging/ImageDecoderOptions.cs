namespace Blip.Runtime.Imaging;

/// <summary>How much an image may ask for.</summary>
public sealed record ImageDecoderOptions
{
    /// <summary>The largest image, in pixels; what claims more is refused before memory is taken for it. The default is the reference's limit.</summary>
    public long MaxPixels { get; init; } = 2L * 89_478_485;

    /// <summary>The largest file, in bytes.</summary>
    public long MaxFileBytes { get; init; } = 512L << 20;
}
