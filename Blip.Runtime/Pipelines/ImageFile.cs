using Blip.Runtime.Imaging;

namespace Blip.Runtime.Pipelines;

/// <summary>An image whose file is read and not decoded yet, or the reason why it goes no further.</summary>
internal sealed class ImageFile
{
    private readonly ImageSource source;
    private readonly ImageDecoderOptions options;
    private readonly DecodedImage? decoded;
    private readonly byte[] file = [];
    private readonly ImageFile[]? parts;

    private ImageFile(ImageSource source, ImageDecoderOptions options, DecodedImage decoded) =>
        (this.source, this.options, this.decoded) = (source, options, decoded);

    private ImageFile(ImageSource source, ImageDecoderOptions options, byte[] file)
    {
        (this.source, this.options, this.file) = (source, options, file);
        (var working, PixelBytes) = ImageDecoder.MemoryOf(file, options);
        WorkingBytes = file.Length + working;
    }

    private ImageFile(ImageSource source, ImageDecoderOptions options, ImageFile[] parts)
    {
        (this.source, this.options, this.parts) = (source, options, parts);
        (WorkingBytes, PixelBytes) = (parts.Sum(part => part.WorkingBytes), parts.Sum(part => part.PixelBytes));
    }

    /// <summary>Images that it is decoded to: one, or the frames of a clip.</summary>
    public int Images => parts?.Length ?? 1;

    /// <summary>What decoding holds at most, and the file; nothing for pixels that are the caller's.</summary>
    public long WorkingBytes { get; }

    /// <summary>What the decoded image holds.</summary>
    public long PixelBytes { get; }

    /// <summary>Reads an image's file; what is wrong with it is a value.</summary>
    public static ImageFile Read(ImageSource source, ImageDecoderOptions options)
    {
        if (source.Features is { } features)
            return new ImageFile(source, options, new DecodedImage(source, null, null) { Features = features });
        if (source.Parts is { } frames)
            return new ImageFile(source, options, [.. frames.Select(frame => Read(frame, options))]);
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

    /// <summary>Decodes it; what is wrong with it is a value.</summary>
    public DecodedImage Decode()
    {
        if (decoded is { } known)
            return known;
        if (parts is not null)
            return Clip([.. parts.Select(part => part.Decode())]);
        try
        {
            return new DecodedImage(source, ImageDecoder.Decode(file, source.Name, options), null);
        }
        catch (ImageException e)
        {
            return new DecodedImage(source, null, e.Message);
        }
    }

    // A clip with a bad frame is a bad clip; the message names the frame.
    private DecodedImage Clip(DecodedImage[] frames) => Array.Find(frames, frame => !frame.HasPixels) is { Error: { } error }
        ? new DecodedImage(source, null, error)
        : new DecodedImage(source, frames[0].Image, null) { Frames = [.. frames.Select(frame => frame.Image!)] };
}
