using System.Buffers;
using Blip.Runtime.Imaging.Formats;

namespace Blip.Runtime.Imaging;

/// <summary>
/// Files to pixels, as the reference's Pillow gives them: upright (EXIF), alpha dropped and not blended, the first frame of an animation,
/// no colour management. Safe for any number of threads. docs/images.md lists the formats that are read.
/// </summary>
internal static class ImageDecoder
{
    private const string NoMemory = "there is not enough memory for its pixels. Scale the image down, or free some memory.";

    private static readonly ImageDecoderOptions Defaults = new();

    /// <summary>Decodes a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Limits, and the colour behind transparent pixels.</param>
    /// <exception cref="ImageException">The file cannot be read, is no image, is damaged or too large.</exception>
    public static RgbImage Decode(string path, ImageDecoderOptions? options = null) => Decode(Read(path, options), path, options);

    /// <summary>Decodes a stream, from where it stands to its end.</summary>
    /// <param name="stream">Any readable stream; it is not closed.</param>
    /// <param name="name">Its name in error messages.</param>
    /// <param name="options">Limits, and the colour behind transparent pixels.</param>
    /// <exception cref="ImageException">The stream holds no image, a damaged one, or one that is too large.</exception>
    public static RgbImage Decode(Stream stream, string name = "stream", ImageDecoderOptions? options = null) =>
        Decode(Read(stream, name, options), name, options);

    /// <summary>Decodes the bytes of a file.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="name">Its name in error messages.</param>
    /// <param name="options">Limits, and the colour behind transparent pixels.</param>
    /// <exception cref="ImageException">The bytes are no image, a damaged one, or one that is too large.</exception>
    public static RgbImage Decode(ReadOnlySpan<byte> file, string name = "bytes", ImageDecoderOptions? options = null)
    {
        try
        {
            return ImageReader.Of(FormatOf(file, name)).Decode(file, name, options ?? Defaults);
        }
        catch (OutOfMemoryException e)
        {
            throw new ImageException($"{name}: {NoMemory}", e);
        }
    }

    /// <summary>Reads the size of an encoded image from its header, so that memory can be planned before it is decoded.</summary>
    /// <param name="file">The whole file.</param>
    /// <returns>Columns and rows as they are stored, before an orientation is applied; null where the header cannot be read.</returns>
    public static (int Width, int Height)? SizeOf(ReadOnlySpan<byte> file) =>
        ImageFormats.Of(HeaderOf(file)) is { } format ? ImageReader.Of(format).SizeOf(file) : null;

    /// <summary>The most bytes that decoding holds at once beside the file, and those of the decoded image; zeros for an image that will be refused.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="options">Limits.</param>
    public static (long Working, long Decoded) MemoryOf(ReadOnlySpan<byte> file, ImageDecoderOptions? options = null)
    {
        if (ImageFormats.Of(HeaderOf(file)) is not { } format)
            return (0, 0);
        var reader = ImageReader.Of(format);
        return reader.SizeOf(file) is var (width, height) && (long)width * height is var pixels && pixels <= (options ?? Defaults).MaxPixels
            ? (pixels * reader.WorkingBytes, pixels * RgbImage.BytesPerPixel)
            : (0, 0);
    }

    /// <summary>Reads the bytes of a file that is an image.</summary>
    /// <exception cref="ImageException">The file cannot be read, is no image, or is too large.</exception>
    public static byte[] Read(string path, ImageDecoderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (Directory.Exists(path))
            throw new ImageException($"{path}: this is a folder; name a file in it.");
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
            return Read(file, path, options);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ImageException($"{path}: {Missing(path)}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ImageException($"{path}: the file cannot be opened: {error.Message}", error);
        }
    }

    /// <summary>Reads the bytes of an image from a stream, from where it stands to its end.</summary>
    /// <exception cref="ImageException">The stream fails, holds no image, or is too large.</exception>
    public static byte[] Read(Stream stream, string name, ImageDecoderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        options ??= Defaults;
        try
        {
            var header = new byte[ImageFormats.HeaderLength];
            header = header[..stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false)];
            FormatOf(header, name);
            return ReadRest(stream, header, name, options);
        }
        catch (OutOfMemoryException error)
        {
            throw new ImageException($"{name}: {NoMemory}", error);
        }
#pragma warning disable CA1031 // A stream is the caller's, and may throw anything; one image's error is that image's result.
        catch (Exception error) when (error is not ImageException)
#pragma warning restore CA1031
        {
            throw new ImageException($"{name}: reading failed: {error.Message}", error);
        }
    }

    private static ReadOnlySpan<byte> HeaderOf(ReadOnlySpan<byte> file) => file[..Math.Min(file.Length, ImageFormats.HeaderLength)];

    private static ImageFormat FormatOf(ReadOnlySpan<byte> file, string name) =>
        ImageFormats.Of(HeaderOf(file)) ?? throw new ImageException($"{name}: {ImageFormats.Objection(HeaderOf(file))}");

    // .NET puts this letter where a name holds bytes that are no UTF-8, and then finds no such file.
    private static string Missing(string path) => path.Contains('\uFFFD', StringComparison.Ordinal)
        ? "its name is not UTF-8, and .NET cannot open such a file: give the image on standard input ('-'), or rename it ('convmv -f latin1 -t utf8 --notest FILE')."
        : "there is no such file.";

    private static byte[] ReadRest(Stream stream, byte[] header, string name, ImageDecoderOptions options)
    {
        using var file = new MemoryStream(stream.CanSeek ? (int)Math.Clamp(stream.Length - stream.Position + header.Length, 0, Math.Min(options.MaxFileBytes, 1 << 26)) : 0);
        file.Write(header);
        var block = ArrayPool<byte>.Shared.Rent(1 << 16);
        try
        {
            for (int read; (read = stream.Read(block)) > 0;)
            {
                if (file.Length + read > Math.Min(options.MaxFileBytes, Array.MaxLength))
                    throw new ImageException($"{name}: the file is larger than the limit of {options.MaxFileBytes} bytes.");
                file.Write(block, 0, read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
        return file.ToArray();
    }
}

/// <summary>The limits of an image, and the colour behind transparent pixels.</summary>
public sealed record ImageDecoderOptions
{
    /// <summary>The largest image, in pixels; a larger one is refused before memory is taken for it. The default is the reference's limit.</summary>
    public long MaxPixels { get; init; } = 2L * 89_478_485;

    /// <summary>The largest file, in bytes.</summary>
    public long MaxFileBytes { get; init; } = 512L << 20;

    /// <summary>
    /// The colour that shows through transparent images. Null drops the opacity and shows what colour the file holds there, as Pillow does.
    /// </summary>
    public RgbColor? Background { get; init; }

    /// <summary>Checks the numbers.</summary>
    /// <exception cref="ArgumentException">One is out of range; the message names it and says what it may be.</exception>
    internal void Validate()
    {
        if (MaxPixels < 1)
            throw new ArgumentException($"MaxPixels is {MaxPixels}: give 1 or more.", nameof(MaxPixels));
        if (MaxFileBytes < 1)
            throw new ArgumentException($"MaxFileBytes is {MaxFileBytes}: give 1 or more.", nameof(MaxFileBytes));
    }
}
