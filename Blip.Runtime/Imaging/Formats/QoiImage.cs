using System.Buffers.Binary;

namespace Blip.Runtime.Imaging.Formats;

/// <summary>QOI files (The Quite OK Image Format, version 1.0).</summary>
internal static class QoiImage
{
    private const int HeaderLength = 14, Seen = 64;

    public static (int Width, int Height)? SizeOf(ReadOnlySpan<byte> file) => file.Length < HeaderLength
        ? null
        : ((int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(file[4..]), int.MaxValue),
            (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(file[8..]), int.MaxValue));

    public static RgbImage Decode(ReadOnlySpan<byte> file, string name, ImageDecoderOptions options)
    {
        var (width, height) = SizeOf(file) ?? throw new ImageException($"{name}: {ImageSize.CutOff}");
        ImageSize.Check(width, height, name, options);
        var rgba = GC.AllocateUninitializedArray<byte>(4 * width * height);
        if (!Fill(rgba, file[HeaderLength..]))
            throw new ImageException($"{name}: {ImageSize.CutOff}");
        return UprightImage.Of(rgba, width, height, ImageMetadata.Upright, file[12] == 4 ? options.Background : null);
    }

    private static bool Fill(Span<byte> rgba, ReadOnlySpan<byte> codes)
    {
        Span<byte> seen = stackalloc byte[4 * Seen];
        seen.Clear();
        Span<byte> pixel = [0, 0, 0, 255];
        for (var to = 0; to < rgba.Length;)
        {
            if (codes.IsEmpty || codes.Length < Length(codes[0]))
                return false;
            var code = codes[0];
            var count = Next(code, codes, seen, pixel);
            codes = codes[Length(code)..];
            for (; count > 0 && to < rgba.Length; count--, to += 4)
                pixel.CopyTo(rgba[to..]);
        }
        return true;
    }

    private static int Length(byte code) => code switch { 0xFE => 4, 0xFF => 5, >= 0x80 and < 0xC0 => 2, _ => 1 };

    // Sets the code's pixel and returns its count.
    private static int Next(byte code, ReadOnlySpan<byte> codes, Span<byte> seen, Span<byte> pixel)
    {
        if (code is >= 0xC0 and < 0xFE)
            return (code & 0x3F) + 1;
        if (code == 0xFE)
            codes.Slice(1, 3).CopyTo(pixel);
        else if (code == 0xFF)
            codes.Slice(1, 4).CopyTo(pixel);
        else if (code < 0x40)
            seen.Slice(4 * code, 4).CopyTo(pixel);
        else if (code < 0x80)
            Add(pixel, ((code >> 4) & 3) - 2, ((code >> 2) & 3) - 2, (code & 3) - 2);
        else
            AddLuma(pixel, (code & 0x3F) - 32, codes[1]);
        var place = ((pixel[0] * 3) + (pixel[1] * 5) + (pixel[2] * 7) + (pixel[3] * 11)) % Seen;
        pixel.CopyTo(seen[(4 * place)..]);
        return 1;
    }

    private static void AddLuma(Span<byte> pixel, int green, byte others) =>
        Add(pixel, green + (others >> 4) - 8, green, green + (others & 0xF) - 8);

    private static void Add(Span<byte> pixel, int red, int green, int blue) =>
        (pixel[0], pixel[1], pixel[2]) = ((byte)(pixel[0] + red), (byte)(pixel[1] + green), (byte)(pixel[2] + blue));
}
