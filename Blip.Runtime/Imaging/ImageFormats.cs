using System.Text;
using Blip.Runtime.Imaging.Formats;

namespace Blip.Runtime.Imaging;

internal enum ImageFormat
{
    Jpeg,
    Png,
    WebP,
    Gif,
    Bmp,
    Ico,
    Tiff,
    Pnm,
    Tga,
    Qoi,
}

/// <summary>Recognises images by their first bytes; other files are refused unread.</summary>
internal static class ImageFormats
{
    public const int HeaderLength = 64;

    private const string ToPng = "convert the file to PNG or JPEG",
        Frame = "it is a video and no image; take a frame of it, with 'ffmpeg -i FILE frame.png'",
        Raw = "it is a camera's raw file; export it as JPEG", Draw = "it is a drawing and has no pixels; render it to PNG",
        Heif = "convert it to PNG, with 'heif-convert FILE image.png' or 'magick FILE image.png'";

    private static readonly (byte[] Bytes, ImageFormat Format)[] Read =
    [
        ([0xFF, 0xD8, 0xFF], ImageFormat.Jpeg),
        ([0x89, .. "PNG\r\n"u8, 0x1A, .. "\n"u8], ImageFormat.Png),
        ([.. "GIF87a"u8], ImageFormat.Gif), ([.. "GIF89a"u8], ImageFormat.Gif),
        ([.. "BM"u8], ImageFormat.Bmp),
        ([0, 0, 1, 0], ImageFormat.Ico),
        ([.. "qoif"u8], ImageFormat.Qoi),
        ([.. "II*\0"u8], ImageFormat.Tiff), ([.. "MM\0*"u8], ImageFormat.Tiff),
        ([.. "II+\0"u8], ImageFormat.Tiff), ([.. "MM\0+"u8], ImageFormat.Tiff),
    ];

    private static readonly (int Offset, byte[] Bytes, string Name, string Way)[] Known =
    [
        (0, [0xFF, 0x0A], "JPEG XL", ToPng), (0, [0, 0, 0, 12, .. "JXL "u8], "JPEG XL", ToPng),
        (0, [0, 0, 0, 12, .. "jP  "u8], "JPEG 2000", ToPng), (0, [0xFF, 0x4F, 0xFF, 0x51], "JPEG 2000", ToPng),
        (0, [.. "8BPS"u8], "Photoshop", ToPng), (0, [.. "%PDF"u8], "PDF", Draw), (0, [.. "<svg"u8], "SVG", Draw),
            (0, [.. "<?xml"u8], "SVG or XML", Draw),
        (4, [.. "moov"u8], "MOV", Frame), (4, [.. "mdat"u8], "MOV", Frame), (4, [.. "wide"u8], "MOV", Frame),
        (0, [0x1A, 0x45, 0xDF, 0xA3], "WebM or Matroska", Frame), (8, [.. "AVI "u8], "AVI", Frame),
        (0, [.. "FUJIFILMCCD-RAW"u8], "RAF", Raw),
        (0, [.. "P7\n"u8], "PAM", ToPng), (0, [.. "PF\n"u8], "PFM", ToPng), (0, [.. "Pf\n"u8], "PFM", ToPng),
    ];

    // ISO base media files name their content in four letters, called a brand. mif1 and msf1 leave this to the compatible brands.
    private static readonly (string[] Brands, string Name, string Way)[] Media =
    [
        (["avif", "avis"], "AVIF", "convert it to PNG, with 'avifdec FILE image.png' or 'magick FILE image.png'"),
        (["heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs"], "HEIC", Heif),
        (["crx "], "CR3", Raw),
        (["qt  "], "MOV", Frame),
        (["mif1", "mif2", "msf1", "miaf"], "HEIF", Heif),
    ];

    /// <summary>The format of a file with this beginning; null if unsupported.</summary>
    public static ImageFormat? Of(ReadOnlySpan<byte> header)
    {
        foreach (var (bytes, format) in Read)
        {
            if (header.StartsWith(bytes))
                return format;
        }
        return header.Length >= 12 && header.StartsWith("RIFF"u8) && header[8..].StartsWith("WEBP"u8) ? ImageFormat.WebP
            : PnmImage.Fits(header) ? ImageFormat.Pnm
            : TgaImage.Fits(header) ? ImageFormat.Tga
            : null;
    }

    /// <summary>The error message for a file that <see cref="Of"/> does not recognise.</summary>
    public static string Objection(ReadOnlySpan<byte> header)
    {
        if (header.IsEmpty)
            return "the file is empty.";
        if (Unread(header) is { } unread)
            return $"{unread}.";
        return header.StartsWith("version https://git-lfs"u8)
            ? "this is a Git LFS pointer and not the file itself: run 'git lfs pull'."
            : $"this is not an image (it begins with {Printable(header)}): JPEG, PNG, WebP, GIF, BMP, ICO, TIFF, PPM, TGA and QOI are "
                + $"read.";
    }

    /// <summary>The message for a known but unsupported format of images, videos or drawings; null for others.</summary>
    public static string? Unread(ReadOnlySpan<byte> header)
    {
        if (header.Length >= 12 && header[4..].StartsWith("ftyp"u8))
            return OfMedia(header[8..]);
        foreach (var (offset, bytes, name, way) in Known)
        {
            if (header.Length > offset && header[offset..].StartsWith(bytes))
                return $"{name} is not read: {way}";
        }
        return null;
    }

    // Content: the main brand, a version, and the compatible brands.
    private static string OfMedia(ReadOnlySpan<byte> content)
    {
        var text = Encoding.Latin1.GetString(content);
        string[] brands =
            [text[..4], .. text.Length > 8 ? text[8..].Chunk(4).Where(brand => brand.Length == 4).Select(brand => new string(brand)) : []];
        foreach (var (known, name, way) in Media)
        {
            // A video may be compatible with a still image's format; then its main brand decides.
            if (known.Contains(brands[0]) || (brands[0] is "mif1" or "msf1" or "miaf" or "mif2" && known.Intersect(brands).Any()))
                return $"{name} is not read: {way}";
        }
        return $"MP4 is not read: {Frame}";
    }

    private static string Printable(ReadOnlySpan<byte> header)
    {
        var text = new StringBuilder("'");
        foreach (var value in header[..Math.Min(header.Length, 8)])
            text.Append(value is >= 0x20 and < 0x7F ? (char)value : '.');
        return text.Append('\'').ToString();
    }
}
