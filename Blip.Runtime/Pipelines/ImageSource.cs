using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Blip.Kernels.Devices;
using Blip.Runtime.Imaging;
using Blip.Runtime.Imaging.Clips;

namespace Blip.Runtime.Pipelines;

/// <summary>An image: its source, its name in results, and its prompt. It is read when its turn comes.</summary>
public sealed class ImageSource
{
    private readonly Func<ImageDecoderOptions, byte[]> read;
    private readonly Func<string>? identity;

    private ImageSource(string name, Func<ImageDecoderOptions, byte[]> read, Func<string>? identity = null) => (Name, this.read, this.identity) = (name, read, identity);

    /// <summary>The image's name in results and messages: its path, for a file.</summary>
    public string Name { get; }

    /// <summary>True for a file: <see cref="Name"/> is its path.</summary>
    public bool IsFile { get; private init; }

    /// <summary>Words that this image's caption begins with, in place of the call's own prompt; null leaves that one.</summary>
    public string? Prompt { get; init; }

    /// <summary>A file in any format that <see cref="ImageDecoder"/> reads.</summary>
    public static ImageSource FromFile(string path, string? prompt = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new ImageSource(path, options => ImageDecoder.Read(path, options), () => FileIdentity(path)) { Prompt = prompt, IsFile = true };
    }

    /// <summary>An encoded image (JPEG, PNG, …) in memory.</summary>
    public static ImageSource FromBytes(byte[] encoded, string name = "bytes", string? prompt = null)
    {
        ArgumentNullException.ThrowIfNull(encoded);
        return new ImageSource(name, _ => encoded, () => Convert.ToHexString(SHA256.HashData(encoded))) { Prompt = prompt };
    }

    /// <summary>An encoded image from a stream that is opened when its turn comes, read to its end, and disposed.</summary>
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

    /// <summary>An image that is decoded already.</summary>
    public static ImageSource FromPixels(RgbImage image, string name = "pixels", string? prompt = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        return new ImageSource(name, _ => []) { Prompt = prompt, Pixels = image };
    }

    /// <summary>An image that a matcher or an answerer keeps on the device; only that one can use it.</summary>
    public static ImageSource FromFeatures(ImageFeatures features)
    {
        ArgumentNullException.ThrowIfNull(features);
        return new ImageSource(features.Name, _ => [])
        {
            Features = features,
        };
    }

    /// <summary>
    /// Images that go through a model together, the frames of a clip: their mean is its vector, and texts look at all of them. A matcher, an
    /// embedder and an index take clips; others refuse them.
    /// </summary>
    /// <param name="frames">The frames in their order, at least one; none of them is a clip.</param>
    /// <param name="name">The clip's name in results and messages.</param>
    /// <exception cref="ArgumentException">There is no frame, or one of them is a clip or kept on a device.</exception>
    public static ImageSource FromFrames(IReadOnlyList<ImageSource> frames, string name)
    {
        ArgumentNullException.ThrowIfNull(frames);
        ImageSource[] parts = [.. frames];
        if (parts.Length == 0)
            throw new ArgumentException($"{name}: there are no frames; give at least one.", nameof(frames));
        if (Array.Find(parts, part => part.Features is not null || part.Parts is not null) is { } odd)
            throw new ArgumentException($"{odd.Name}: it is no single image with pixels of its own, and cannot be a frame.", nameof(frames));
        return new ImageSource(name, _ => [], () => string.Join('|', parts.Select(part => part.Identity() ?? "")))
        {
            Parts = parts,
            HasIdentity = Array.TrueForAll(parts, part => part.identity is not null),
        };
    }

    /// <summary>
    /// Frames of a clip, evenly spaced and beginning with the first: an animated GIF, WebP or PNG, a folder of frames in the order of their names,
    /// or a video, where ffmpeg is on the path. A file that is not animated is one image.
    /// </summary>
    /// <param name="path">The file or the folder.</param>
    /// <param name="frames">How many frames; all of a clip that has fewer.</param>
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
            // The files of a folder may change, and it keeps its name.
            HasIdentity = !Directory.Exists(path),
        };
    }

    /// <summary>A path is an image.</summary>
    public static implicit operator ImageSource(string path) => FromFile(path);

    /// <summary>Kept features are an image source, too.</summary>
    public static implicit operator ImageSource(ImageFeatures features) => FromFeatures(features);

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Its features on the device; null for an image that is yet to be decoded.</summary>
    internal ImageFeatures? Features { get; private init; }

    private bool HasIdentity { get; init; } = true;

    /// <summary>The images that this one is made of, where it is several; null for one image.</summary>
    internal IReadOnlyList<ImageSource>? Parts { get; private init; }

    /// <summary>How many frames are taken of the file or the folder; null for an image.</summary>
    internal int? ClipFrames { get; private init; }

    /// <summary>The pixels of an image that is decoded already; null for one that is yet to be.</summary>
    internal RgbImage? Pixels { get; private init; }

    /// <summary>Equal for images of the same content: a file that did not change, or the same bytes. Null where that cannot be told without reading it.</summary>
    internal string? Identity() => HasIdentity ? identity?.Invoke() : null;

    /// <summary>Reads the bytes of the image's file; of one that has pixels or features there are none.</summary>
    /// <exception cref="ImageException">It cannot be read; the message begins with its name.</exception>
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
            throw new ImageException($"{Name}: {e.Message}", e);
        }
    }

    // A link changes with its target. A missing file has a unique identity; decoding reports the error.
    private static string FileIdentity(string path)
    {
        try
        {
            var file = new FileInfo(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path));
            return file.Exists ? $"{file.FullName}|{file.Length}|{file.LastWriteTimeUtc.Ticks}" : path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return path;
        }
    }
}

/// <summary>An image and a text beside it: a caption to be judged, or a question to be answered.</summary>
/// <param name="Image">The image; a path is one.</param>
/// <param name="Text">The text.</param>
public sealed record ImageText(ImageSource Image, string Text);

/// <summary>An image on its way to the device, or the reason why it goes no further.</summary>
internal readonly record struct DecodedImage(ImageSource Source, RgbImage? Image, string? Error)
{
    /// <summary>Its features on the device; then there are no pixels.</summary>
    public ImageFeatures? Features { get; init; }

    /// <summary>All frames of a clip, of which <see cref="Image"/> is the first; null for one image.</summary>
    public IReadOnlyList<RgbImage>? Frames { get; init; }

    /// <summary>The image's encoded states, with others of its batch; null for an image that is yet to be encoded.</summary>
    public EncodedImage? Encoded { get; init; }

    /// <summary>The pixels on their way to the device already; null where they go when their turn comes.</summary>
    public StagedBytes? Staged { get; init; }

    /// <summary>True where there are pixels.</summary>
    [MemberNotNullWhen(true, nameof(Image))]
    public bool HasPixels => Image is not null;

    /// <summary>The same for a pipeline that needs pixels: an image that another one encoded is an error.</summary>
    public DecodedImage WithoutFeatures() => Features is null
        ? this
        : new DecodedImage(Source, null, $"{Features.Name}: it is encoded for another pipeline; give the image itself.");
}
