using System.Diagnostics;

namespace Blip.Runtime.Imaging.Formats;

/// <summary>Decodes a file of one format.</summary>
/// <exception cref="ImageException">The image is damaged, too large, or unsupported.</exception>
internal delegate RgbImage PixelReader(ReadOnlySpan<byte> file, string name, ImageDecoderOptions options);

/// <summary>Reads columns and rows as stored from a file's header; null if unreadable.</summary>
internal delegate (int Width, int Height)? SizeReader(ReadOnlySpan<byte> file);

/// <summary>The reader of a format. WorkingBytes is decoding's memory per pixel, including the result's three bytes.</summary>
internal sealed record ImageReader(SizeReader SizeOf, PixelReader Decode, int WorkingBytes)
{
    // RGBA and the result; for ImageSharp, another RGBA of up to 16 bits.
    private const int Plain = 7, Sharp = 15;

    private static readonly ImageReader Tiff =
        new(TiffImage.SizeOf, TiffImage.Decode, Sharp), Pnm = new(PnmImage.SizeOf, PnmImage.Decode, Plain),
        Tga = new(file => TgaImage.SizeOf(file), TgaImage.Decode, Sharp), Qoi = new(QoiImage.SizeOf, QoiImage.Decode, Plain);

    public static ImageReader Of(ImageFormat format) => format switch
    {
        ImageFormat.Jpeg or ImageFormat.Png or ImageFormat.WebP or ImageFormat.Gif or ImageFormat.Bmp or ImageFormat.Ico =>
            new ImageReader(SkiaImage.SizeOf, (file, name, options) => SkiaImage.Decode(file, format, name, options), Plain),
        ImageFormat.Tiff => Tiff,
        ImageFormat.Pnm => Pnm,
        ImageFormat.Tga => Tga,
        ImageFormat.Qoi => Qoi,
        _ => throw new UnreachableException($"{format}"),
    };
}
