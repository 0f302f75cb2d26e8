using System.Text;

namespace Blip.Runtime.Imaging;

/// <summary>Tells images from other files by their first bytes, so that a wrong file is refused before it is read.</summary>
internal static class ImageFormats
{
    /// <summary>Bytes that are looked at.</summary>
    public const int HeaderLength = 16;

    private static readonly byte[][] Read =
    [
        [0xFF, 0xD8, 0xFF], // JPEG
        [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A],
        [.. "GIF87a"u8], [.. "GIF89a"u8],
        [.. "BM"u8],
        [0, 0, 1, 0], // ICO
    ];

    private static readonly (int Offset, byte[] Bytes, string Name)[] Known =
    [
        (4, [.. "ftypavi"u8], "AVIF"), (4, [.. "ftyp"u8], "HEIC"),
        (0, [(byte)'I', (byte)'I', 42, 0], "TIFF"), (0, [(byte)'M', (byte)'M', 0, 42], "TIFF"),
        (0, [0xFF, 0x0A], "JPEG XL"), (0, [0, 0, 0, 12, .. "JXL "u8], "JPEG XL"),
        (0, [0, 0, 0, 12, .. "jP  "u8], "JPEG 2000"), (0, [0xFF, 0x4F, 0xFF, 0x51], "JPEG 2000"),
        (0, [.. "8BPS"u8], "Photoshop"), (0, [.. "%PDF"u8], "PDF"), (0, [.. "<svg"u8], "SVG"), (0, [.. "<?xml"u8], "SVG or XML"),
    ];

    /// <summary>What is wrong with a file that begins so; null where the decoder knows the format.</summary>
    public static string? Objection(ReadOnlySpan<byte> header)
    {
        if (header.IsEmpty)
            return "the file is empty.";
        foreach (var signature in Read)
        {
            if (header.StartsWith(signature))
                return null;
        }
        if (header.StartsWith("RIFF"u8) && header.Length >= 12 && header[8..].StartsWith("WEBP"u8))
            return null;
        foreach (var (offset, bytes, name) in Known)
        {
            if (header.Length > offset && header[offset..].StartsWith(bytes))
                return $"{name} is not read: convert the file to PNG or JPEG.";
        }
        return header.StartsWith("version https://git-lfs"u8[..HeaderLength])
            ? "this is a Git LFS pointer and not the file itself: run 'git lfs pull'."
            : $"this is not an image (it begins with {Printable(header)}): JPEG, PNG, WebP, GIF, BMP and ICO are read.";
    }

    private static string Printable(ReadOnlySpan<byte> header)
    {
        var text = new StringBuilder("'");
        foreach (var value in header[..Math.Min(header.Length, 8)])
            text.Append(value is >= 0x20 and < 0x7F ? (char)value : '.');
        return text.Append('\'').ToString();
    }
}
