using Blip.Runtime.Imaging;

namespace Blip.Runtime.Pipelines;

/// <summary>A picture to be captioned: where it comes from, what it is called in results, and its own prompt. Nothing is read before its turn.</summary>
public sealed class ImageSource
{
    private readonly Func<RgbImage> decode;

    private ImageSource(string name, Func<RgbImage> decode)
    {
        Name = name;
        this.decode = decode;
    }

    /// <summary>What the picture is called in results and messages: its path, for a file.</summary>
    public string Name { get; }

    /// <summary>Words that this picture's caption begins with, in place of the call's own prompt; null leaves that one.</summary>
    public string? Prompt { get; init; }

    /// <summary>A file in any format that <see cref="ImageDecoder"/> reads.</summary>
    public static ImageSource FromFile(string path, string? prompt = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new ImageSource(path, () => ImageDecoder.Decode(path)) { Prompt = prompt };
    }

    /// <summary>An encoded picture (JPEG, PNG, …) in memory.</summary>
    public static ImageSource FromBytes(byte[] encoded, string name = "bytes", string? prompt = null)
    {
        ArgumentNullException.ThrowIfNull(encoded);
        return new ImageSource(name, () => ImageDecoder.Decode(encoded, name)) { Prompt = prompt };
    }

    /// <summary>An encoded picture from a stream that is opened when its turn comes, read to its end, and disposed.</summary>
    public static ImageSource FromStream(Func<Stream> open, string name = "stream", string? prompt = null)
    {
        ArgumentNullException.ThrowIfNull(open);
        return new ImageSource(name, () =>
        {
            using var stream = open();
            return ImageDecoder.Decode(stream, name);
        })
        { Prompt = prompt };
    }

    /// <summary>A picture that is decoded already.</summary>
    public static ImageSource FromPixels(RgbImage image, string name = "pixels", string? prompt = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        return new ImageSource(name, () => image) { Prompt = prompt };
    }

    /// <summary>A path is a picture.</summary>
    public static implicit operator ImageSource(string path) => FromFile(path);

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Reads and decodes the picture.</summary>
    /// <exception cref="ImageException">It cannot be read; the message begins with its name.</exception>
    internal RgbImage Decode()
    {
        try
        {
            return decode();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ImageException($"{Name}: {e.Message}", e);
        }
    }
}
