using Blip.Runtime.Imaging;
using Blip.Runtime.Imaging.Clips;

namespace Blip.Runtime.Pipelines;

/// <summary>An image that is read but not decoded, or its error.</summary>
internal sealed class ImageFile
{
    private readonly ImageSource source;
    private readonly ImageDecoderOptions options;
    private readonly DecodedImage? decoded;
    private readonly byte[] file = [];
    private readonly ImageFile[]? parts;
    private readonly int[]? frames;

    private ImageFile(ImageSource source, ImageDecoderOptions options, DecodedImage decoded) =>
        (this.source, this.options, this.decoded) = (source, options, decoded);

    private ImageFile(ImageSource source, ImageDecoderOptions options, byte[] file, int[]? frames = null)
    {
        (this.source, this.options, this.file, this.frames) = (source, options, file, frames);
        var (working, pixels) = ImageDecoder.MemoryOf(file, options);
        PixelBytes = pixels * Images;
        WorkingBytes = file.Length + working + PixelBytes - pixels;
    }

    private ImageFile(ImageSource source, ImageDecoderOptions options, ImageFile[] parts)
    {
        (this.source, this.options, this.parts) = (source, options, parts);
        (WorkingBytes, PixelBytes) = (parts.Sum(part => part.WorkingBytes), parts.Sum(part => part.PixelBytes));
    }

    /// <summary>The number of images: one, or the frames of a clip.</summary>
    public int Images => parts?.Length ?? frames?.Length ?? 1;

    /// <summary>Peak memory of decoding, with the file; 0 for the caller's pixels.</summary>
    public long WorkingBytes { get; }

    public long PixelBytes { get; }

    /// <summary>Reads an image's file; errors become values.</summary>
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
            return source.ClipFrames is { } wanted
                ? ReadClip(source, options, wanted)
                : new ImageFile(source, options, source.Read(options));
        }
        catch (ImageException e)
        {
            return new ImageFile(source, options, new DecodedImage(source, null, e.Message));
        }
    }

    /// <summary>Decodes it; errors become values.</summary>
    public DecodedImage Decode()
    {
        if (decoded is { } known)
            return known;
        if (parts is not null)
            return Clip([.. parts.Select(part => part.Decode())]);
        try
        {
            if (frames is null)
                return new DecodedImage(source, ImageDecoder.Decode(file, source.Name, options), null);
            var images = AnimatedImage.Decode(file, source.Name, frames, options);
            return new DecodedImage(source, images[0], null) { Frames = images };
        }
        catch (ImageException e)
        {
            return new DecodedImage(source, null, e.Message);
        }
    }

    private static ImageFile ReadClip(ImageSource source, ImageDecoderOptions options, int wanted)
    {
        if (Directory.Exists(source.Name))
            return Of([.. ClipFiles.OfFolder(source.Name, wanted).Select(path => ImageSource.FromFile(path))]);
        if (ClipFiles.IsVideo(source.Name))
            return Of([.. VideoFrames.Read(source.Name, wanted).Select(png => ImageSource.FromBytes(png, source.Name))]);
        var bytes = source.Read(options);
        return AnimatedImage.CountOf(bytes) is > 1 and var count
            ? new ImageFile(source, options, bytes, ClipFiles.Indices(count, wanted))
            : new ImageFile(source, options, bytes);

        ImageFile Of(ImageSource[] parts) => new(source, options, [.. parts.Select(part => Read(part, options))]);
    }

    // A clip with a bad frame is bad; the message names the frame.
    private DecodedImage Clip(DecodedImage[] frames) => Array.Find(frames, frame => !frame.HasPixels) is { Error: { } error }
        ? new DecodedImage(source, null, error)
        : new DecodedImage(source, frames[0].Image, null) { Frames = [.. frames.Select(frame => frame.Image!)] };
}
