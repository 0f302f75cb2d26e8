using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Blip.Runtime.Imaging.Formats;

/// <summary>The PNG chunks that can hold an orientation (PNG specification, section 11): eXIf and texts.</summary>
internal static class PngMetadata
{
    private const int SignatureLength = 8, ChunkOverhead = 12, LongestText = 1 << 20;

    /// <summary>Reads them. The last chunk of a kind counts, as in Pillow.</summary>
    public static ImageMetadata Read(ReadOnlySpan<byte> file)
    {
        byte[]? exif = null, profile = null, xmp = null;
        for (var rest = file[Math.Min(file.Length, SignatureLength)..]; rest.Length >= ChunkOverhead;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            if (length > rest.Length - ChunkOverhead)
                break;
            var type = rest.Slice(4, 4);
            var content = rest.Slice(8, (int)length);
            if (type.SequenceEqual("eXIf"u8))
                exif = content.ToArray();
            else if (HasText(type, content, "Raw profile type exif"u8))
                profile = FromProfile(Text(type, content));
            else if (HasText(type, content, "XML:com.adobe.xmp"u8))
                xmp = Text(type, content);
            rest = rest[(ChunkOverhead + (int)length)..];
        }
        return new ImageMetadata(exif ?? profile, xmp);
    }

    private static bool HasText(ReadOnlySpan<byte> type, ReadOnlySpan<byte> content, ReadOnlySpan<byte> key) =>
        (type.SequenceEqual("tEXt"u8) || type.SequenceEqual("zTXt"u8) || type.SequenceEqual("iTXt"u8))
        && content.StartsWith(key) && content.Length > key.Length && content[key.Length] == 0;

    private static byte[]? Text(ReadOnlySpan<byte> type, ReadOnlySpan<byte> content)
    {
        content = content[(content.IndexOf((byte)0) + 1)..];
        if (type.SequenceEqual("tEXt"u8))
            return content.ToArray();
        if (type.SequenceEqual("zTXt"u8))
            return content.Length > 0 && content[0] == 0 ? Inflated(content[1..]) : null;
        // iTXt: compression flag, method, language, translated key, text.
        if (content.Length < 2)
            return null;
        var compressed = content[0] != 0;
        var text = content[2..];
        for (var i = 0; i < 2; i++)
        {
            var end = text.IndexOf((byte)0);
            if (end < 0)
                return null;
            text = text[(end + 1)..];
        }
        return compressed ? Inflated(text) : text.ToArray();
    }

    // ImageMagick's form: an empty line, the profile's name, its length, hexadecimal digits.
    private static byte[]? FromProfile(byte[]? text)
    {
        if (text is null)
            return null;
        try
        {
            return Convert.FromHexString(string.Concat(Encoding.Latin1.GetString(text).Split('\n').Skip(3))
                .Replace(" ", "", StringComparison.Ordinal));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    // Texts longer than Pillow's limit are ignored.
    private static byte[]? Inflated(ReadOnlySpan<byte> packed)
    {
        try
        {
            using var source = new ZLibStream(new MemoryStream(packed.ToArray()), CompressionMode.Decompress);
            var text = new byte[LongestText + 1];
            var length = source.ReadAtLeast(text, text.Length, throwOnEndOfStream: false);
            return length > LongestText ? null : text[..length];
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
