using System.Buffers.Binary;

namespace Blip.Runtime.Imaging.Formats;

/// <summary>The WebP chunks that can hold an orientation. As in libwebp, they count only if the file's header announces them.</summary>
internal static class WebpMetadata
{
    private const int FirstChunk = 12, ChunkHeader = 8;
    private const byte ExifFlag = 0x08, XmpFlag = 0x04;

    /// <summary>Reads them; the first chunk of a kind counts.</summary>
    public static ImageMetadata Read(ReadOnlySpan<byte> file)
    {
        byte flags = 0;
        var found = default(ImageMetadata);
        for (var rest = file[Math.Min(file.Length, FirstChunk)..]; rest.Length > ChunkHeader;)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
            if (length > rest.Length - ChunkHeader)
                break;
            var content = rest.Slice(ChunkHeader, (int)length);
            if (rest.StartsWith("VP8X"u8) && length > 0)
                flags = content[0];
            else if (rest.StartsWith("EXIF"u8) && (flags & ExifFlag) != 0)
                found = found with { Exif = found.Exif ?? content.ToArray() };
            else if (rest.StartsWith("XMP "u8) && (flags & XmpFlag) != 0)
                found = found with { Xmp = found.Xmp ?? content.ToArray() };
            rest = rest[(int)Math.Min(rest.Length, ChunkHeader + (long)length + (length & 1))..];
        }
        return found;
    }
}
