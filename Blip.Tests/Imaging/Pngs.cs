using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Blip.Tests.Imaging;

/// <summary>Small PNG files that no golden holds (PNG specification, third edition).</summary>
public static class Pngs
{
    /// <summary>One row of 16-bit grays.</summary>
    public static byte[] Gray16(ushort[] row)
    {
        var samples = new byte[2 * row.Length];
        for (var i = 0; i < row.Length; i++)
            BinaryPrimitives.WriteUInt16BigEndian(samples.AsSpan(2 * i), row[i]);
        return File(row.Length, 1, bits: 16, samples, orientation: 0);
    }

    /// <summary>Grays, a letter each, with an EXIF orientation.</summary>
    public static byte[] Gray8(int width, string letters, int orientation) =>
        File(width, letters.Length / width, bits: 8, Encoding.ASCII.GetBytes(letters), orientation);

    /// <summary>One row of colours by number.</summary>
    public static byte[] Indexed(byte[] row, byte[] palette)
    {
        var file = File(row.Length, 1, bits: 8, row, orientation: 0);
        file[25] = 3; // the kind of colour
        BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(29), Crc32(file[12..29]));
        return With(file, "PLTE", palette);
    }

    /// <summary>The same file with another chunk before the pixels.</summary>
    public static byte[] With(byte[] png, string type, byte[] content)
    {
        // The signature has 8 bytes, the header's chunk 25.
        using var file = new MemoryStream();
        file.Write(png.AsSpan(0, 33));
        Chunk(file, type, content);
        file.Write(png.AsSpan(33));
        return file.ToArray();
    }

    /// <summary>Bytes as zlib packs them.</summary>
    public static byte[] Packed(byte[] content)
    {
        using var data = new MemoryStream();
        using (var compressed = new ZLibStream(data, CompressionLevel.Optimal, leaveOpen: true))
            compressed.Write(content);
        return data.ToArray();
    }

    private static byte[] File(int width, int height, byte bits, byte[] samples, int orientation)
    {
        using var file = new MemoryStream();
        file.Write([0x89, .. "PNG\r\n\x1a\n"u8]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = bits;
        Chunk(file, "IHDR", header);
        if (orientation > 0)
            Chunk(file, "eXIf", [.. "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"u8, (byte)orientation, 0, 0, 0, 0, 0, 0]);
        Chunk(file, "IDAT", Packed([.. samples.Chunk(samples.Length / height).SelectMany(row => (byte[])[0, .. row])]));
        Chunk(file, "IEND", []);
        return file.ToArray();
    }

    private static void Chunk(Stream file, string type, byte[] content)
    {
        var word = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(word, content.Length);
        file.Write(word);
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. content];
        file.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(word, Crc32(body));
        file.Write(word);
    }

    private static uint Crc32(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ (0xEDB88320u * (crc & 1));
        }
        return ~crc;
    }
}
