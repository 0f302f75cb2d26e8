using Blip.Runtime.Imaging;

namespace Blip.Tests.Imaging;

public class ImageWriterTests
{
    [Fact]
    public void A_written_image_reads_back_the_same()
    {
        using var folder = new TemporaryFolder();
        var image = ImageGoldens.Decode("two-by-two.png");
        var path = Path.Combine(folder.Path, "copy.png");
        ImageWriter.SavePng(path, image);
        ImageWriter.SavePng(path, image);
        Assert.Equal((image.Width, image.Height), (ImageDecoder.Decode(path).Width, ImageDecoder.Decode(path).Height));
        Assert.Equal(image.Pixels, ImageDecoder.Decode(path).Pixels);
    }

    [Fact]
    public void A_folder_that_is_not_there_is_an_error_with_the_path()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "missing", "a.png");
        Assert.StartsWith(path, Assert.Throws<ImageException>(
            () => ImageWriter.SavePng(path, ImageGoldens.Decode("two-by-two.png"))).Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(0, 1, 0), InlineData(2, 2, 11), InlineData(1, -1, 3)]
    public void Pixels_must_fit_their_size(int width, int height, int bytes) =>
        Assert.ThrowsAny<ArgumentException>(() => new RgbImage(width, height, new byte[bytes]));
}
