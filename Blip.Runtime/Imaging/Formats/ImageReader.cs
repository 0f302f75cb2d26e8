using System.Diagnostics;

namespace Blip.Runtime.Imaging.Formats;

/// <summary>Decodes the bytes of a file of one format.</summary>
/// <exception cref="ImageException">The image is damaged, too large, or of a kind that is not read.</exception>
internal delegate RgbImage PixelReader(ReadOnlySpan<byte> file, string name, ImageDecoderOptions options);

/// <summary>Reads columns and rows, as they are stored, from a file's header; null where it cannot be read.</summary>
internal delegate (int Width, int Height)? SizeReader(ReadOnlySpan<byte> file);

/// <summary>The readers of formats.</summary>
/// <param name="SizeOf">Reads the size.</param>
/// <param name="Decode">Decodes the pixels.</param>
/// <param name="WorkingBytes">Decoding's memory for each pixel, the image's three bytes included.</param>
internal sealed record ImageReader(SizeReader SizeOf, PixelReader Decode, int WorkingBytes)
{
    // Red, green, blue and opacity once, and for ImageSharp's decoders twice more, at most of 16 bits.
    private const int Plain = 7, Sharp = 15;

    private static readonly ImageReader Tiff = new(TiffImage.SizeOf, TiffImage.Decode, Sharp), Pnm = new(PnmImage.SizeOf, PnmImage.Decode, Plain),
        Tga = new(file => TgaImage.SizeOf(file), TgaImage.Decode, Sharp), Qoi = new(QoiImage.SizeOf, QoiImage.Decode, Plain);

    /// <summary>The reader of a format.</summary>
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
