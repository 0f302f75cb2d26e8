using Blip.Runtime.Imaging;

namespace Blip.Tests.Imaging;

/// <summary>JPEG files that end too early, and those whose coding is not read.</summary>
public class CutJpegTests
{
    private const string CutOff = "cut off";

    [Theory]
    [InlineData("photo-progressive.jpg", 1)]
    [InlineData("gray.jpg", 7)]
    [InlineData("cmyk.jpg", 31)]
    [InlineData("exif-5.jpg", 1)]
    public void A_jpeg_cut_anywhere_is_refused(string file, int step)
    {
        var whole = File.ReadAllBytes(ImageGoldens.PathOf(file));
        for (var length = whole.Length - 1; length > 0; length -= step)
        {
            var error = Assert.Throws<ImageException>(() => ImageDecoder.Decode(whole.AsSpan(0, length), file)).Message;
            if (length > whole.Length / 2)
                Assert.Contains(CutOff, error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_jpeg_of_the_goldens_needs_its_last_byte_and_none_behind_it()
    {
        foreach (var file in ImageGoldens.Cases.Select(golden => golden.File).Distinct()
            .Where(file => file.EndsWith(".jpg", StringComparison.Ordinal)))
        {
            var whole = File.ReadAllBytes(ImageGoldens.PathOf(file));
            Assert.Contains(CutOff, Assert.Throws<ImageException>(() => ImageDecoder.Decode(whole.AsSpan(0, whole.Length - 1))).Message,
                StringComparison.Ordinal);
            Assert.Equal(ImageDecoder.Decode(whole).Pixels, ImageDecoder.Decode([.. whole, 0xFF, 0xD8, 0xFF, 0, 1, 2, 3]).Pixels);
        }
    }

    [Theory]
    [InlineData(0xC1, 12, "12 bits per sample")]
    [InlineData(0xC9, 8, "arithmetic coding")]
    [InlineData(0xC3, 8, "lossless")]
    public void A_whole_jpeg_of_another_coding_is_named_and_not_called_cut_off(byte frame, byte bits, string name)
    {
        var file = File.ReadAllBytes(ImageGoldens.PathOf("exif-1.jpg"));
        var at = file.AsSpan().IndexOf((byte[])[0xFF, 0xC0, 0x00, 0x11]);
        (file[at + 1], file[at + 4]) = (frame, bits);
        var error = Assert.Throws<ImageException>(() => ImageDecoder.Decode(file)).Message;
        Assert.Contains(name, error, StringComparison.Ordinal);
        Assert.Contains("magick", error, StringComparison.Ordinal);
        Assert.DoesNotContain(CutOff, error, StringComparison.Ordinal);
    }
}
