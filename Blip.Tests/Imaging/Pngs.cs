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
        using var data = new MemoryStream();
        using (var compressed = new ZLibStream(data, CompressionLevel.Optimal, leaveOpen: true))
        {
            foreach (var row in samples.Chunk(samples.Length / height))
                compressed.Write([0, .. row]);
        }
        Chunk(file, "IDAT", data.ToArray());
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
