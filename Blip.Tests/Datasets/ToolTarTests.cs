using System.Text;
using Blip.Datasets;
using Blip.Datasets.Webdataset;

namespace Blip.Tests.Datasets;

/// <summary>Tars by other programs, and the list of a tar's images.</summary>
public sealed class ToolTarTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("ustar")]
    [InlineData("pax")]
    [InlineData("gnu")]
    [InlineData("oldgnu")]
    [InlineData("v7")]
    public async Task Tars_of_GNU_tar_are_read(string format)
    {
        var deep = format is "v7" or "ustar" ? "short" : new string('d', 120);
        folder.Write($"in/{deep}/b.png", Shards.Png("b"));
        folder.Write($"in/{deep}/b.txt", "a cat");
        folder.Write("in/a.jpg", Shards.Jpeg(new string('a', 5000)));
        folder.Write("in/a.json", """{"caption": "a dog"}""");
        Tools.GnuTar(folder.Path, $"--format={format}", "--sort=name", "-C", "in", "-cf", "s.tar", ".");
        Tools.GnuTar(folder.Path, "--sort=name", "-C", "in", "-czf", "s.tgz", ".");

        foreach (var name in new[] { "s.tar", "s.tgz" })
        {
            var samples = await Shards.ReadAsync(Path.Combine(folder.Path, name));
            Assert.Equal(["a", $"{deep}/b"], samples.Select(sample => sample.Key));
            Assert.Equal(["a dog", "a cat"], samples.Select(sample => sample.Texts[0]));
            Assert.Equal(Shards.Png("b"), samples[1].Image!.Read());
        }
    }

    [Theory]
    [InlineData("USTAR_FORMAT")]
    [InlineData("GNU_FORMAT")]
    [InlineData("PAX_FORMAT")]
    public async Task Tars_of_webdataset_and_img2dataset_are_read(string format)
    {
        // Both write through Python's tarfile with these settings.
        Tools.Run("python3", folder.Path, "-c", $$"""
            import tarfile, io, json
            with tarfile.open('00000.tar', 'w|', format=tarfile.{{format}}) as tar:
                for i in range(3):
                    text = 'caf\u00e9 %d' % i
                    fields = json.dumps({'caption': text, 'width': float('nan')})
                    for ext, data in (('jpg', b'\xff\xd8\xff%d' % i), ('json', fields.encode()), ('txt', text.encode())):
                        info = tarfile.TarInfo('00000%04d.%s' % (i, ext))
                        info.size, info.mtime, info.mode, info.uname, info.gname = len(data), 1700000000.25, 0o444, 'bigdata', 'bigdata'
                        tar.addfile(info, io.BytesIO(data))
            """);

        var samples = await Shards.ReadAsync(Path.Combine(folder.Path, "00000.tar"));

        Assert.Equal(["000000000", "000000001", "000000002"], samples.Select(sample => sample.Key));
        Assert.All(samples, sample => Assert.Null(sample.Error));
        Assert.Equal(["caf\u00E9 2"], samples[2].Texts);
        Assert.Equal(Shards.Jpeg("1"), samples[1].Image!.Read());
    }

    [Fact]
    public void Images_of_a_tar_are_listed_by_their_places()
    {
        var path = folder.Write("a.tar", Tar());

        var list = WebdatasetImages.List(path);

        Assert.Null(list.Fault);
        Assert.Equal(["a.jpg", "in/b.png"], list.Images.Select(image => image.Name));
        Assert.Equal(Shards.Jpeg("aaa"), WebdatasetImages.Read(path, list.Images[0]));
        Assert.Equal(Shards.Png("b"), WebdatasetImages.Read(path, list.Images[1]));
    }

    [Fact]
    public void The_list_of_a_tar_cut_anywhere_has_the_whole_images()
    {
        var tar = Tar();
        for (var length = 0; length < tar.Length - 1024; length++)
        {
            var path = folder.Write("cut.tar", tar[..length]);
            var list = WebdatasetImages.List(path);
            Assert.Contains("cut off", list.Fault, StringComparison.Ordinal);
            Assert.Equal((length >= 512 + 6 ? 1 : 0) + (length >= 2048 + 512 + 5 ? 1 : 0), list.Images.Count);
            Assert.All(list.Images, image => Assert.Equal(image.Length, WebdatasetImages.Read(path, image).Length));
        }
    }

    [Fact]
    public void A_compressed_tar_has_no_places()
    {
        using var stream = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(stream, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Tar());

        var path = folder.Write("a.tar.gz", stream.ToArray());

        Shards.AssertRefused("gzip -d", () => WebdatasetImages.List(path));
    }

    private static byte[] Tar() => Shards.Tar(System.Formats.Tar.TarEntryFormat.Ustar,
        ("a.jpg", Shards.Jpeg("aaa")), ("a.txt", Encoding.UTF8.GetBytes("x")), ("in/b.png", Shards.Png("b")));
}
