namespace Blip.Datasets.Files;

/// <summary>Recognizes images by names and first bytes.</summary>
internal static class ImageFiles
{
    /// <summary>Extensions without a dot, by rank. Of two images in a webdataset sample, the higher-ranked one counts.</summary>
    public static IReadOnlyList<string> Extensions { get; } = ["jpg", "jpeg", "png", "webp", "gif", "bmp"];

    /// <summary>The rank of an extension without its dot; -1 for others.</summary>
    public static int RankOf(ReadOnlySpan<char> extension)
    {
        for (var rank = 0; rank < Extensions.Count; rank++)
        {
            if (extension.Equals(Extensions[rank], StringComparison.OrdinalIgnoreCase))
                return rank;
        }
        return -1;
    }

    /// <summary>Whether a name is an image's. Hidden files are excluded: macOS leaves <c>._a.jpg</c> beside <c>a.jpg</c>.</summary>
    public static bool IsImage(string path)
    {
        var name = Path.GetFileName(path.AsSpan());
        var extension = Path.GetExtension(name);
        return extension.Length > 1 && name[0] != '.' && RankOf(extension[1..]) >= 0;
    }

    /// <summary>The extension, with its dot, of an image's bytes; null for unknown formats.</summary>
    public static string? ExtensionOf(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? ".jpg"
        : bytes.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']) ? ".png"
        : bytes.Length >= 12 && bytes.StartsWith("RIFF"u8) && bytes[8..].StartsWith("WEBP"u8) ? ".webp"
        : bytes.StartsWith("GIF8"u8) ? ".gif"
        : bytes.StartsWith("BM"u8) ? ".bmp"
        : null;
}
