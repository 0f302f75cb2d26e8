using System.Runtime.InteropServices;
using SkiaSharp;

namespace Blip.Runtime.Imaging.Formats;

/// <summary>Images decoded by Skia: JPEG, PNG, WebP, GIF, BMP and ICO.</summary>
internal static class SkiaImage
{
    public static unsafe RgbImage Decode(ReadOnlySpan<byte> file, ImageFormat format, string name, ImageDecoderOptions options)
    {
        var markers = format == ImageFormat.Jpeg ? JpegMarkers.Read(file) : null;
        if (markers?.Objection is { } objection)
            throw new ImageException($"{name}: {objection}: convert it, with 'magick FILE -depth 8 image.png'.");
        var orientation = (markers?.Metadata ?? MetadataOf(file, format)).Orientation;
        // Skia omits transparent colours; Pillow keeps them. A file without transparency information keeps them, too.
        var frame = format == ImageFormat.Gif && options.Background is null ? GifFrame.Find(file) : null;
        var icon = format == ImageFormat.Ico && options.Background is null ? IcoEntry.Unwrap(file) : null;
        format = icon?.Format ?? format;
        var given = frame is { } gif ? gif.Opaque(file) : icon is { } alone ? alone.File : file;
        if (format == ImageFormat.Png)
            given = PngPalette.Filled(given);
        fixed (byte* bytes = given)
        {
            using var data = SKData.Create((nint)bytes, given.Length);
            using var codec = SKCodec.Create(data)
                ?? throw new ImageException($"{name}: the image is damaged: its header cannot be read.");
            var (width, height) = (codec.Info.Width, codec.Info.Height);
            ImageSize.Check(width, height, name, options);
            if (markers is { IsWhole: false })
                throw new ImageException($"{name}: {ImageSize.CutOff}");
            // A pool would keep such arrays per thread.
            var rgba = NativeMemory.Alloc((nuint)(4 * width * height));
            try
            {
                var pixels = new Span<byte>(rgba, 4 * width * height);
                Fill(pixels, codec, name);
                frame?.Fill(pixels, file);
                if (format == ImageFormat.Bmp)
                    BmpDepth.Truncate(pixels, given);
                return UprightImage.Of(pixels, width, height, orientation, options.Background);
            }
            finally
            {
                NativeMemory.Free(rgba);
            }
        }
    }

    public static unsafe (int Width, int Height)? SizeOf(ReadOnlySpan<byte> file)
    {
        fixed (byte* bytes = file)
        {
            using var data = SKData.Create((nint)bytes, file.Length);
            using var codec = SKCodec.Create(data);
            return codec is null ? null : (codec.Info.Width, codec.Info.Height);
        }
    }

    // Pillow reads no orientation in the other formats.
    private static ImageMetadata MetadataOf(ReadOnlySpan<byte> file, ImageFormat format) =>
        format == ImageFormat.Png ? PngMetadata.Read(file) : format == ImageFormat.WebP ? WebpMetadata.Read(file) : default;

    private static unsafe void Fill(Span<byte> rgba, SKCodec codec, string name)
    {
        // Without a colour space, Skia returns the file's values, like Pillow.
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        SKCodecResult result;
        fixed (byte* pixels = rgba)
            result = codec.GetPixels(info, (nint)pixels);
        if (result == SKCodecResult.IncompleteInput)
            throw new ImageException($"{name}: {ImageSize.CutOff}");
        if (result != SKCodecResult.Success)
            throw new ImageException(
                $"{name}: the image is damaged ({result}). Copy it again from where it came, or convert it to PNG or JPEG.");
    }
}
