using System.Buffers;
using Blip.Runtime.Files;
using Blip.Runtime.Imaging.Formats;

namespace Blip.Runtime.Imaging;

/// <summary>
/// Decodes files like the reference's Pillow: upright (EXIF), alpha dropped rather than blended, first frame of an animation, no colour
/// management. Thread-safe. docs/images.md lists the formats.
/// </summary>
internal static class ImageDecoder
{
    private const string NoMemory = "there is not enough memory for its pixels. Scale the image down, or free some memory.";

    private static readonly ImageDecoderOptions Defaults = new();

    /// <summary>Decodes a file.</summary>
    /// <exception cref="ImageException">The file cannot be read, is no image, is damaged or too large.</exception>
    public static RgbImage Decode(string path, ImageDecoderOptions? options = null) => Decode(Read(path, options), path, options);

    /// <summary>Decodes a stream from its position to its end, without closing it.</summary>
    /// <exception cref="ImageException">The stream holds no image, a damaged one, or too large a one.</exception>
    public static RgbImage Decode(Stream stream, string name = "stream", ImageDecoderOptions? options = null) =>
        Decode(Read(stream, name, options), name, options);

    /// <summary>Decodes a whole file's bytes.</summary>
    /// <exception cref="ImageException">The bytes are no image, a damaged one, or too large a one.</exception>
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

    /// <summary>Columns and rows from a file's header, before its orientation is applied; null if unreadable.</summary>
    public static (int Width, int Height)? SizeOf(ReadOnlySpan<byte> file) =>
        ImageFormats.Of(HeaderOf(file)) is { } format ? ImageReader.Of(format).SizeOf(file) : null;

    /// <summary>
    /// The peak memory of decoding in bytes, without the file, and the decoded image's bytes; zeros for an image that will be refused.
    /// </summary>
    public static (long Working, long Decoded) MemoryOf(ReadOnlySpan<byte> file, ImageDecoderOptions? options = null)
    {
        if (ImageFormats.Of(HeaderOf(file)) is not { } format)
            return (0, 0);
        var reader = ImageReader.Of(format);
        return reader.SizeOf(file) is var (width, height) && (long)width * height is var pixels && pixels <= (options ?? Defaults).MaxPixels
            ? (pixels * reader.WorkingBytes, pixels * RgbImage.BytesPerPixel)
            : (0, 0);
    }

    /// <summary>Reads an image file's bytes.</summary>
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
            throw new ImageException($"{path}: the file cannot be opened: {FailureReason.Of(error)}.", error);
        }
    }

    /// <summary>Reads an image's bytes from a stream's position to its end.</summary>
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
            throw new ImageException($"{name}: reading failed: {FailureReason.Of(error)}.", error);
        }
    }

    private static ReadOnlySpan<byte> HeaderOf(ReadOnlySpan<byte> file) => file[..Math.Min(file.Length, ImageFormats.HeaderLength)];

    private static ImageFormat FormatOf(ReadOnlySpan<byte> file, string name) =>
        ImageFormats.Of(HeaderOf(file)) ?? throw new ImageException($"{name}: {ImageFormats.Objection(HeaderOf(file))}");

    // .NET replaces bytes of a name that are not UTF-8 by this letter, and then finds no such file.
    private static string Missing(string path) => path.Contains('\uFFFD', StringComparison.Ordinal)
        ? "its name is not UTF-8, and .NET cannot open such a file: give the image on standard input ('-'), or rename it ('convmv -f "
            + "latin1 -t utf8 --notest FILE')."
        : "there is no such file.";

    private static byte[] ReadRest(Stream stream, byte[] header, string name, ImageDecoderOptions options)
    {
        using var file = new MemoryStream(stream.CanSeek
            ? (int)Math.Clamp(stream.Length - stream.Position + header.Length, 0, Math.Min(options.MaxFileBytes, 1 << 26))
            : 0);
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

/// <summary>Limits of images, and the colour behind transparent pixels.</summary>
public sealed record ImageDecoderOptions
{
    /// <summary>The largest image in pixels; larger ones are refused before allocation. The default is the reference's limit.</summary>
    public long MaxPixels { get; init; } = 2L * 89_478_485;

    /// <summary>The largest file, in bytes.</summary>
    public long MaxFileBytes { get; init; } = 512L << 20;

    /// <summary>The colour behind transparent pixels. Null ignores opacity and shows the file's colours, like Pillow.</summary>
    public RgbColor? Background { get; init; }

    /// <summary>Checks the numbers.</summary>
    /// <exception cref="ArgumentException">One is out of range; the message names it and its allowed values.</exception>
    internal void Validate()
    {
        if (MaxPixels < 1)
            throw new ArgumentException($"MaxPixels is {MaxPixels}: give 1 or more.", nameof(MaxPixels));
        if (MaxFileBytes < 1)
            throw new ArgumentException($"MaxFileBytes is {MaxFileBytes}: give 1 or more.", nameof(MaxFileBytes));
    }
}
