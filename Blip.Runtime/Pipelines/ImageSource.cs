using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Blip.Kernels.Devices;
using Blip.Runtime.Files;
using Blip.Runtime.Imaging;
using Blip.Runtime.Imaging.Clips;

namespace Blip.Runtime.Pipelines;

/// <summary>An image: its source, its name, and its prompt. It is read in its turn.</summary>
public sealed class ImageSource
{
    private readonly Func<ImageDecoderOptions, byte[]> read;
    private readonly Func<string>? identity;

    private ImageSource(string name, Func<ImageDecoderOptions, byte[]> read, Func<string>? identity = null) =>
        (Name, this.read, this.identity) = (name, read, identity);

    /// <summary>The name in results and messages; a file's is its path.</summary>
    public string Name { get; }

    /// <summary>True for a file, whose <see cref="Name"/> is its path.</summary>
    public bool IsFile { get; private init; }

    /// <summary>Words that begin this image's caption; null takes the call's prompt.</summary>
    public string? Prompt { get; init; }

    /// <summary>A file in any format that <see cref="ImageDecoder"/> reads.</summary>
    public static ImageSource FromFile(string path, string? prompt = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new ImageSource(path, options => ImageDecoder.Read(path, options), () => FileIdentity(path))
        {
            Prompt = prompt,
            IsFile = true,
        };
    }

    /// <summary>An encoded image (JPEG, PNG, …) in memory.</summary>
    public static ImageSource FromBytes(byte[] encoded, string name = "bytes", string? prompt = null)
    {
        ArgumentNullException.ThrowIfNull(encoded);
        return new ImageSource(name, _ => encoded, () => Convert.ToHexString(SHA256.HashData(encoded))) { Prompt = prompt };
    }

    /// <summary>An encoded image from a stream, opened in its turn, read to its end and disposed.</summary>
    public static ImageSource FromStream(Func<Stream> open, string name = "stream", string? prompt = null)
    {
        ArgumentNullException.ThrowIfNull(open);
        return new ImageSource(name, options =>
        {
            using var stream = open();
            return ImageDecoder.Read(stream, name, options);
        })
        { Prompt = prompt };
    }

    /// <summary>A decoded image.</summary>
    public static ImageSource FromPixels(RgbImage image, string name = "pixels", string? prompt = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        return new ImageSource(name, _ => []) { Prompt = prompt, Pixels = image };
    }

    /// <summary>An image kept on the device by a matcher or an answerer, which alone can use it.</summary>
    public static ImageSource FromFeatures(ImageFeatures features)
    {
        ArgumentNullException.ThrowIfNull(features);
        return new ImageSource(features.Name, _ => [])
        {
            Features = features,
        };
    }

    /// <summary>
    /// The frames of a clip, which go through a model together. The clip's vector is their mean, and texts attend to all. Only matchers,
    /// embedders and indices take clips.
    /// </summary>
    /// <param name="frames">At least one frame, in order; none is a clip.</param>
    /// <param name="name">The clip's name in results and messages.</param>
    /// <exception cref="ArgumentException">There is no frame, or one is a clip or kept on a device.</exception>
    public static ImageSource FromFrames(IReadOnlyList<ImageSource> frames, string name)
    {
        ArgumentNullException.ThrowIfNull(frames);
        ImageSource[] parts = [.. frames];
        if (parts.Length == 0)
            throw new ArgumentException($"{name}: there are no frames; give at least one.", nameof(frames));
        if (Array.Find(parts, part => part.Features is not null || part.Parts is not null) is { } odd)
            throw new ArgumentException(
                $"{odd.Name}: it is no single image with pixels of its own, and cannot be a frame.", nameof(frames));
        return new ImageSource(name, _ => [], () => string.Join('|', parts.Select(part => part.Identity() ?? "")))
        {
            Parts = parts,
            HasIdentity = Array.TrueForAll(parts, part => part.identity is not null),
        };
    }

    /// <summary>
    /// Evenly spaced frames of a clip, from the first on. The clip is an animated GIF, WebP or PNG, a folder of frames in name order, or a
    /// video (with ffmpeg on the path). Other files are one image.
    /// </summary>
    /// <param name="path">The file or the folder.</param>
    /// <param name="frames">How many frames; a shorter clip gives all.</param>
    /// <exception cref="ArgumentException">The number is out of range.</exception>
    public static ImageSource FromClip(string path, int frames)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (frames is < 1 or > ClipFiles.MaxFrames)
            throw new ArgumentException($"Frames is {frames}: give 1 to {ClipFiles.MaxFrames}.", nameof(frames));
        return new ImageSource(path, options => ImageDecoder.Read(path, options), () => $"{FileIdentity(path)}|{frames} frames")
        {
            IsFile = true,
            ClipFrames = frames,
            // A folder keeps its name when its files change.
            HasIdentity = !Directory.Exists(path),
        };
    }

    /// <summary>A path is an image.</summary>
    public static implicit operator ImageSource(string path) => FromFile(path);

    /// <summary>Kept features are an image.</summary>
    public static implicit operator ImageSource(ImageFeatures features) => FromFeatures(features);

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Features on the device; null for none.</summary>
    internal ImageFeatures? Features { get; private init; }

    private bool HasIdentity { get; init; } = true;

    /// <summary>The images of a clip; null for one image.</summary>
    internal IReadOnlyList<ImageSource>? Parts { get; private init; }

    /// <summary>How many frames to take from the file or folder; null for an image.</summary>
    internal int? ClipFrames { get; private init; }

    /// <summary>The caller's pixels; null for an image that is yet to be decoded.</summary>
    internal RgbImage? Pixels { get; private init; }

    /// <summary>Equal for images of the same content: an unchanged file, or the same bytes. Null where only reading could tell.</summary>
    internal string? Identity() => HasIdentity ? identity?.Invoke() : null;

    /// <summary>Reads the image's encoded bytes; pixels and features have none.</summary>
    internal byte[] Read(ImageDecoderOptions options)
    {
        try
        {
            return read(options);
        }
#pragma warning disable CA1031 // The caller's code opens a stream and may throw anything; one image's error is that image's result.
        catch (Exception e) when (e is not ImageException)
#pragma warning restore CA1031
        {
            throw new ImageException($"{Name}: {FailureReason.Of(e)}.", e);
        }
    }

    // A link changes with its target. A missing file is its path.
    private static string FileIdentity(string path)
    {
        try
        {
            var file = new FileInfo(ReplacedFile.Target(path));
            return file.Exists ? $"{file.FullName}|{file.Length}|{file.LastWriteTimeUtc.Ticks}" : path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return path;
        }
    }
}

/// <summary>An image and a text beside it: a caption to judge, or a question.</summary>
/// <param name="Image">The image, or its path.</param>
/// <param name="Text">The text.</param>
public sealed record ImageText(ImageSource Image, string Text);

/// <summary>An image on its way to the device, or the reason why it goes no further.</summary>
internal readonly record struct DecodedImage(ImageSource Source, RgbImage? Image, string? Error)
{
    /// <summary>Features on the device; then there are no pixels.</summary>
    public ImageFeatures? Features { get; init; }

    /// <summary>A clip's frames, of which <see cref="Image"/> is the first; null for one image.</summary>
    public IReadOnlyList<RgbImage>? Frames { get; init; }

    /// <summary>The image's encoded states, with others of its batch; null before encoding.</summary>
    public EncodedImage? Encoded { get; init; }

    /// <summary>Pixels on their way to the device; null where they are sent in turn.</summary>
    public StagedBytes? Staged { get; init; }

    [MemberNotNullWhen(true, nameof(Image))]
    public bool HasPixels => Image is not null;

    /// <summary>For a pipeline that needs pixels: features become an error.</summary>
    public DecodedImage WithoutFeatures() => Features is null
        ? this
        : new DecodedImage(Source, null, $"{Features.Name}: it is encoded for another pipeline; give the image itself.");
}
