using System.IO.Compression;
using System.Text.Json;
using Blip.Runtime.Imaging;

namespace Blip.Tests.Imaging;

/// <summary>Small images of many kinds, against the pixels that Pillow gives.</summary>
public class ImageKindsTests
{
    private static readonly Lazy<Dictionary<string, Kind>> Kinds = new(() =>
    {
        using var file = new GZipStream(
            File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Goldens", "image-kinds.json.gz")), CompressionMode.Decompress);
        return JsonSerializer.Deserialize<KindFile>(file, JsonSerializerOptions.Web)!.Cases.ToDictionary(kind => kind.Name);
    });

    public static TheoryData<string> Names => [.. Kinds.Value.Keys];

    [Fact]
    public void There_are_kinds_of_every_format() => Assert.Equal(
        [".bmp", ".gif", ".ico", ".pbm", ".pgm", ".png", ".ppm", ".tga", ".tif"],
            Kinds.Value.Keys.Select(Path.GetExtension).Distinct().Order());

    [Theory, MemberData(nameof(Names))]
    public void An_image_has_the_pixels_that_Pillow_gives(string name)
    {
        var kind = Kinds.Value[name];
        var image = ImageDecoder.Decode(kind.File, name);
        Assert.Equal((kind.Width, kind.Height), (image.Width, image.Height));
        Assert.Equal(kind.Pixels, image.Pixels);
    }

    [Theory, MemberData(nameof(Names))]
    public void An_image_with_a_limit_below_its_size_is_refused_before_it_is_decoded(string name)
    {
        var kind = Kinds.Value[name];
        var error = Assert.Throws<ImageException>(
            () => ImageDecoder.Decode(kind.File, name, new ImageDecoderOptions { MaxPixels = (kind.Width * kind.Height) - 1 }));
        Assert.Contains("--max-pixels", error.Message, StringComparison.Ordinal);
        var (width, height) = ImageDecoder.SizeOf(kind.File)!.Value;
        Assert.Equal(kind.Width * kind.Height, width * height);
    }

    [Theory, MemberData(nameof(Names))]
    public void An_image_that_is_cut_to_half_is_refused(string name)
    {
        var kind = Kinds.Value[name];
        Assert.Throws<ImageException>(() => ImageDecoder.Decode(kind.File.AsSpan(0, kind.File.Length / 2), name));
    }

    [Fact]
    public void Damage_gives_an_image_or_an_error_and_nothing_else()
    {
        var random = new Random(7);
        foreach (var kind in Kinds.Value.Values)
        {
            for (var i = 0; i < 40; i++)
            {
                var file = (byte[])kind.File.Clone();
                for (var changes = random.Next(1, 6); changes > 0; changes--)
                    file[random.Next(file.Length)] = (byte)random.Next(256);
                var exception = Record.Exception(
                    () => ImageDecoder.Decode(file, kind.Name, new ImageDecoderOptions { MaxPixels = 1 << 16 }));
                Assert.True(exception is null or ImageException, $"{kind.Name}: {exception}");
            }
        }
    }

    private sealed record KindFile(Kind[] Cases);

    private sealed record Kind(string Name, byte[] File, int Width, int Height, byte[] Pixels);
}
