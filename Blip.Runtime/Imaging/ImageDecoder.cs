using System.Buffers;
using SkiaSharp;

namespace Blip.Runtime.Imaging;

/// <summary>
/// Files to pixels, as the reference's Pillow gives them: upright (EXIF), alpha dropped and not blended, the first frame of an animation,
/// no colour management. Safe for any number of threads. What is read and what is not: docs/images.md.
/// </summary>
internal static class ImageDecoder
{
    private static readonly ImageDecoderOptions Defaults = new();

    /// <summary>Decodes a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Limits.</param>
    /// <exception cref="ImageException">The file cannot be read, is no image, is damaged or too large.</exception>
    public static RgbImage Decode(string path, ImageDecoderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (Directory.Exists(path))
            throw new ImageException($"{path}: this is a folder; name a file in it.");
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
            return Decode(file, path, options);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ImageException($"{path}: there is no such file.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ImageException($"{path}: the file cannot be opened: {error.Message}", error);
        }
    }

    /// <summary>Decodes a stream, from where it stands to its end.</summary>
    /// <param name="stream">Any readable stream; it is not closed.</param>
    /// <param name="name">What error messages call it.</param>
    /// <param name="options">Limits.</param>
    /// <exception cref="ImageException">The stream holds no image, a damaged one, or one that is too large.</exception>
    public static RgbImage Decode(Stream stream, string name = "stream", ImageDecoderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        options ??= Defaults;
        try
        {
            // All bytes are read here: an exception of a stream must not pass through the native decoder.
            var header = new byte[ImageFormats.HeaderLength];
            header = header[..stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false)];
            if (ImageFormats.Objection(header) is { } objection)
                throw new ImageException($"{name}: {objection}");
            return Decode(ReadRest(stream, header, name, options), name, options);
        }
        catch (IOException error)
        {
            throw new ImageException($"{name}: reading failed: {error.Message}", error);
        }
    }

    /// <summary>Decodes the bytes of a file.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="name">What error messages call it.</param>
    /// <param name="options">Limits.</param>
    /// <exception cref="ImageException">The bytes are no image, a damaged one, or one that is too large.</exception>
    public static unsafe RgbImage Decode(ReadOnlySpan<byte> file, string name = "bytes", ImageDecoderOptions? options = null)
    {
        options ??= Defaults;
        if (ImageFormats.Objection(file[..Math.Min(file.Length, ImageFormats.HeaderLength)]) is { } objection)
            throw new ImageException($"{name}: {objection}");
        fixed (byte* bytes = file)
        {
            using var data = SKData.Create((nint)bytes, file.Length);
            using var codec = SKCodec.Create(data)
                ?? throw new ImageException($"{name}: the image is damaged: its header cannot be read.");
            var (width, height) = (codec.Info.Width, codec.Info.Height);
            if ((long)width * height > options.MaxPixels)
                throw new ImageException($"{name}: {width}×{height} pixels are more than the limit of {options.MaxPixels}. Scale the image down, or raise MaxPixels where you trust the file.");
            if (width <= 0 || height <= 0 || 4L * width * height > Array.MaxLength)
                throw new ImageException($"{name}: an image of {width}×{height} pixels cannot be decoded.");
            return Pixels(codec, PngOrientation.Find(file) ?? codec.EncodedOrigin, name);
        }
    }

    /// <summary>Reads the size of an encoded image from its header, so that memory can be planned before it is decoded.</summary>
    /// <param name="file">The whole file.</param>
    /// <returns>Columns and rows as they are stored, before an orientation is applied; null where the header cannot be read.</returns>
    public static unsafe (int Width, int Height)? SizeOf(ReadOnlySpan<byte> file)
    {
        if (ImageFormats.Objection(file[..Math.Min(file.Length, ImageFormats.HeaderLength)]) is not null)
            return null;
        fixed (byte* bytes = file)
        {
            using var data = SKData.Create((nint)bytes, file.Length);
            using var codec = SKCodec.Create(data);
            return codec is null ? null : (codec.Info.Width, codec.Info.Height);
        }
    }

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

    private static unsafe RgbImage Pixels(SKCodec codec, SKEncodedOrigin origin, string name)
    {
        // No colour space asked for: the values of the file, as Pillow gives them.
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        var rgba = ArrayPool<byte>.Shared.Rent(info.BytesSize);
        try
        {
            SKCodecResult result;
            fixed (byte* pixels = rgba)
                result = codec.GetPixels(info, (nint)pixels);
            return result switch
            {
                SKCodecResult.Success => Upright(rgba, info.Width, info.Height, origin),
                SKCodecResult.IncompleteInput => throw new ImageException($"{name}: the image is cut off: the file ends before its last pixel. Copy it again from where it came."),
                _ => throw new ImageException($"{name}: the image is damaged ({result}). Copy it again from where it came, or convert it to PNG or JPEG."),
            };
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rgba);
        }
    }

    // Exif 2.3, tag 0x0112: where the first row and column of the file lie in the upright image.
    private static RgbImage Upright(byte[] rgba, int width, int height, SKEncodedOrigin origin)
    {
        var last = (width * height) - 1;
        var (start, right, down) = origin switch
        {
            SKEncodedOrigin.TopRight => (width - 1, -1, width),
            SKEncodedOrigin.BottomRight => (last, -1, -width),
            SKEncodedOrigin.BottomLeft => (last - width + 1, 1, -width),
            SKEncodedOrigin.LeftTop => (0, width, 1),
            SKEncodedOrigin.RightTop => (last - width + 1, -width, 1),
            SKEncodedOrigin.RightBottom => (last, -width, -1),
            SKEncodedOrigin.LeftBottom => (width - 1, width, -1),
            _ => (0, 1, width),
        };
        if (origin is >= SKEncodedOrigin.LeftTop and <= SKEncodedOrigin.LeftBottom)
            (width, height) = (height, width);
        var rgb = GC.AllocateUninitializedArray<byte>(3 * width * height);
        for (int y = 0, to = 0; y < height; y++)
        {
            for (int x = 0, from = 4 * (start + (y * down)); x < width; x++, from += 4 * right, to += 3)
                (rgb[to], rgb[to + 1], rgb[to + 2]) = (rgba[from], rgba[from + 1], rgba[from + 2]);
        }
        return new RgbImage(width, height, rgb);
    }
}

/// <summary>How much an image may ask for.</summary>
public sealed record ImageDecoderOptions
{
    /// <summary>The largest image, in pixels; what claims more is refused before memory is taken for it. The default is the reference's limit.</summary>
    public long MaxPixels { get; init; } = 2L * 89_478_485;

    /// <summary>The largest file, in bytes.</summary>
    public long MaxFileBytes { get; init; } = 512L << 20;
}
