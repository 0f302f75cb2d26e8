using System.Buffers.Binary;
using System.IO.Hashing;

namespace Blip.Runtime.Imaging.Formats;

/// <summary>PNG files with fewer palette colours than their depth allows. Skia repeats the last colour; Pillow shows black.</summary>
internal static class PngPalette
{
    private const int DepthAt = 24, KindAt = 25, HeaderEnd = 33, Indexed = 3, ChunkOverhead = 12;

    /// <summary>The file with black for missing colours; itself if there are none.</summary>
    public static ReadOnlySpan<byte> Filled(ReadOnlySpan<byte> file)
    {
        if (file.Length < HeaderEnd || file[KindAt] != Indexed || file[DepthAt] > 8)
            return file;
        var wanted = 3 << file[DepthAt];
        for (var at = HeaderEnd; at <= file.Length - ChunkOverhead;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(file[at..]);
            if (length > file.Length - at - ChunkOverhead)
                break;
            var end = at + ChunkOverhead + (int)length;
            if (file[(at + 4)..].StartsWith("PLTE"u8))
                return length < wanted
                    ? (byte[])[.. file[..at], .. Palette(file.Slice(at + 8, (int)length), wanted), .. file[end..]]
                    : file;
            at = end;
        }
        return file;
    }

    private static byte[] Palette(ReadOnlySpan<byte> colours, int wanted)
    {
        var chunk = new byte[wanted + ChunkOverhead];
        BinaryPrimitives.WriteInt32BigEndian(chunk, wanted);
        "PLTE"u8.CopyTo(chunk.AsSpan(4));
        colours.CopyTo(chunk.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + wanted), Crc32.HashToUInt32(chunk.AsSpan(4, wanted + 4)));
        return chunk;
    }
}
