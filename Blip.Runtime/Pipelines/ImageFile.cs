using Blip.Runtime.Imaging;

namespace Blip.Runtime.Pipelines;

/// <summary>An image whose file is read and not decoded yet, or the reason why it goes no further.</summary>
internal sealed class ImageFile
{
    private readonly ImageSource source;
    private readonly ImageDecoderOptions options;
    private readonly DecodedImage? decoded;
    private readonly byte[] file = [];

    private ImageFile(ImageSource source, ImageDecoderOptions options, DecodedImage decoded) =>
        (this.source, this.options, this.decoded) = (source, options, decoded);

    private ImageFile(ImageSource source, ImageDecoderOptions options, byte[] file)
    {
        (this.source, this.options, this.file) = (source, options, file);
        (var working, PixelBytes) = ImageDecoder.MemoryOf(file, options);
        WorkingBytes = file.Length + working;
    }

    /// <summary>The most memory of decoding, and the file; nothing for pixels of the caller.</summary>
    public long WorkingBytes { get; }

    /// <summary>The decoded image's memory.</summary>
    public long PixelBytes { get; }

    /// <summary>Reads an image's file; an error is a value.</summary>
    public static ImageFile Read(ImageSource source, ImageDecoderOptions options)
    {
        if (source.Features is { } features)
            return new ImageFile(source, options, new DecodedImage(source, null, null) { Features = features });
        if (source.Pixels is { } image)
            return new ImageFile(source, options, new DecodedImage(source, image, null));
        try
        {
            return new ImageFile(source, options, source.Read(options));
        }
        catch (ImageException e)
        {
            return new ImageFile(source, options, new DecodedImage(source, null, e.Message));
        }
    }

    /// <summary>Decodes it; an error is a value.</summary>
    public DecodedImage Decode()
    {
        if (decoded is { } known)
            return known;
        try
        {
            return new DecodedImage(source, ImageDecoder.Decode(file, source.Name, options), null);
        }
        catch (ImageException e)
        {
            return new DecodedImage(source, null, e.Message);
        }
    }
}
