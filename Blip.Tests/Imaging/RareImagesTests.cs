using System.Buffers.Binary;
using Blip.Runtime.Imaging;

namespace Blip.Tests.Imaging;

/// <summary>Images whose kind no golden holds: QOI, palettes that are too short, opacity, and refusals with messages.</summary>
public class RareImagesTests
{
    [Fact]
    public void Every_code_of_qoi_is_read()
    {
        // Whole colours, a difference, one with its brightness, a run, a colour seen before, opacity.
        byte[] codes =
        [
            0xFE, 100, 150, 200, // colour
            0b01_11_10_01, // +1, 0, -1
            0b10_101010, 0b1010_0110, // green +10, red +12, blue +8
            0b11_000001, // twice more
            0xFF, 1, 2, 3, 4, // with opacity
            ((100 * 3) + (150 * 5) + (200 * 7) + (255 * 11)) % 64, // the first colour again
            0, 0, 0, 0, 0, 0, 0, 1,
        ];
        byte[] expected = [100, 150, 200, 101, 150, 199, 113, 160, 207, 113, 160, 207, 113, 160, 207, 1, 2, 3, 100, 150, 200];
        Assert.Equal(expected, ImageDecoder.Decode(Qoi(7, 1, channels: 4, codes)).Pixels);
        for (var length = 0; length < 14; length++)
            Assert.Throws<ImageException>(() => ImageDecoder.Decode(Qoi(7, 1, channels: 4, codes[..length])));
        Assert.Contains("cut off", Assert.Throws<ImageException>(() => ImageDecoder.Decode(Qoi(7, 1, channels: 4, codes[..8]))).Message,
            StringComparison.Ordinal);
        Assert.Contains("--max-pixels",
            Assert.Throws<ImageException>(() => ImageDecoder.Decode(Qoi(60_000, 60_000, channels: 3, codes))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_colour_that_a_palette_lacks_is_black()
    {
        var image = ImageDecoder.Decode(Pngs.Indexed([0, 1, 2, 200], [10, 20, 30, 40, 50, 60]));
        Assert.Equal([10, 20, 30, 40, 50, 60, 0, 0, 0, 0, 0, 0], image.Pixels);
    }

    [Fact]
    public void A_background_shows_through_as_far_as_an_image_is_transparent()
    {
        byte[] codes = [0xFF, 200, 100, 0, 0, 0xFF, 200, 100, 0, 255, 0xFF, 200, 100, 0, 51, 0, 0, 0, 0, 0, 0, 0, 1];
        var file = Qoi(3, 1, channels: 4, codes);
        Assert.Equal([200, 100, 0, 200, 100, 0, 200, 100, 0], ImageDecoder.Decode(file).Pixels);
        var options = new ImageDecoderOptions { Background = new RgbColor(255, 255, 255) };
        Assert.Equal([255, 255, 255, 200, 100, 0, 244, 224, 204], ImageDecoder.Decode(file, options: options).Pixels);
        // The file says that it has no opacity.
        Assert.Equal([200, 100, 0, 200, 100, 0, 200, 100, 0], ImageDecoder.Decode(Qoi(3, 1, channels: 3, codes), options: options).Pixels);
    }

    [Theory]
    [InlineData("white", 255, 255, 255)]
    [InlineData("#FF8001", 255, 128, 1)]
    public void A_colour_is_read(string text, byte red, byte green, byte blue)
    {
        Assert.True(RgbColor.TryParse(text, out var color));
        Assert.Equal(new RgbColor(red, green, blue), color);
    }

    [Theory]
    [InlineData(""), InlineData("#"), InlineData("#fff"), InlineData("ff8001"), InlineData("#ff80011"), InlineData("#gg0000"),
        InlineData("whitish")]
    public void What_is_no_colour_is_none(string text) => Assert.False(RgbColor.TryParse(text, out _));

    [Fact]
    public void A_bitmap_of_os_2_with_a_short_header_is_read()
    {
        // The header of 16 bytes ends behind the depth.
        byte[] pixels = [1, 2, 3, 4, 5, 6, 0, 0];
        byte[] file = [.. "BM"u8, 38, 0, 0, 0, 0, 0, 0, 0, 30, 0, 0, 0, 16, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 24, 0, .. pixels];
        Assert.Equal([3, 2, 1, 6, 5, 4], ImageDecoder.Decode(file).Pixels);
    }

    [Theory]
    [InlineData(322, 16, "in tiles")]
    [InlineData(254, 1, "small copy of its image")]
    [InlineData(259, 50000, "Zstandard")]
    [InlineData(339, 3, "floating-point")]
    [InlineData(258, 12, "12 bits per sample")]
    [InlineData(262, 8, "kind 8")]
    public void A_tiff_of_another_kind_is_refused_in_words(ushort tag, ushort value, string words)
    {
        var error = Assert.Throws<ImageException>(() => ImageDecoder.Decode(Tiff((tag, value)), "scan.tif")).Message;
        Assert.Contains(words, error, StringComparison.Ordinal);
        Assert.Contains("magick", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gray_tiff_of_16_bits_is_scaled_to_8() =>
        Assert.Equal([0, 0, 0, 1, 1, 1, 254, 254, 254],
            ImageDecoder.Decode(Tiff((258, 16), (256, 3)) is var file ? [.. file, 0xFF, 0, 0, 1, 0xFF, 0xFE] : []).Pixels);

    [Fact]
    public void A_tiff_whose_strip_lies_outside_is_cut_off() =>
        Assert.Contains("cut off", Assert.Throws<ImageException>(() => ImageDecoder.Decode(Tiff((256, 3)))).Message,
            StringComparison.Ordinal);

    private static byte[] Qoi(uint width, uint height, byte channels, byte[] codes)
    {
        var size = new byte[8];
        BinaryPrimitives.WriteUInt32BigEndian(size, width);
        BinaryPrimitives.WriteUInt32BigEndian(size.AsSpan(4), height);
        return [.. "qoif"u8, .. size, channels, 0, .. codes];
    }

    // One row of grays, whose strip begins behind the directory.
    private static byte[] Tiff(params (ushort Tag, ushort Value)[] changes)
    {
        var entries = new SortedDictionary<ushort, ushort> { [256] = 1, [257] = 1, [258] = 8, [259] = 1, [262] = 1, [277] = 1, [278] = 1 };
        foreach (var (tag, value) in changes)
            entries[tag] = value;
        (entries[273], entries[279]) = (0, (ushort)(entries[256] * ((entries[258] + 7) / 8)));
        entries[273] = (ushort)(8 + 2 + (12 * entries.Count) + 4);
        byte[] file = [.. "II*\0"u8, 8, 0, 0, 0, (byte)entries.Count, 0];
        foreach (var (tag, value) in entries)
            file = [.. file, .. BitConverter.GetBytes(tag), 3, 0, 1, 0, 0, 0, .. BitConverter.GetBytes(value), 0, 0];
        return [.. file, 0, 0, 0, 0];
    }
}
