using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Blip.Datasets;

namespace Blip.Tests.Datasets;

public sealed class WebdatasetTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<TarEntryFormat> Formats => [TarEntryFormat.Ustar, TarEntryFormat.Pax, TarEntryFormat.Gnu];

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task Files_of_one_key_are_a_sample(TarEntryFormat format)
    {
        var path = folder.Write("a.tar", Shards.Tar(format,
            ("./one.jpg", Shards.Jpeg("1")), ("./one.json", Utf8("""{"url": "http://x/1", "caption": "in the JSON"}""")),
            ("./one.txt", Utf8("a dog\n")),
            ("in/two.PNG", Shards.Png("2")), ("in/two.json", Utf8("""{"caption": ["a", "b"]}""")), ("in/two.seg.png", Shards.Png("s")),
            ("three.webp", Utf8("3")), ("three.cls", Utf8("7"))));

        var samples = await Shards.ReadAsync(path);

        Assert.Equal(["one", "in/two", "three"], samples.Select(sample => sample.Key));
        Assert.All(samples, sample => Assert.Null(sample.Error));
        Assert.Equal(["a dog"], samples[0].Texts);
        Assert.Equal("""{"url":"http://x/1","caption":"in the JSON"}""", samples[0].Fields!.ToJsonString());
        Assert.Equal(Shards.Jpeg("1"), samples[0].Image!.Read());
        Assert.Equal(["a", "b"], samples[1].Texts);
        Assert.Equal(Shards.Png("s"), samples[1].Members["seg.png"].ToArray());
        Assert.Equal((".png", "two.PNG"), (samples[1].Image!.Extension, samples[1].Image!.Name));
        Assert.Empty(samples[2].Texts);
        Assert.Equal(["cls"], samples[2].Members.Keys);
    }

    [Fact]
    public async Task The_text_may_stand_in_a_field_that_is_named()
    {
        var path = folder.Write("a.tar", Shards.Tar(TarEntryFormat.Ustar,
            ("a.jpg", Shards.Jpeg("")), ("a.json", Utf8("""{"alt": "mine", "caption": "other"}"""))));

        Assert.Equal(["mine"], Assert.Single(await Shards.ReadAsync(path, new DatasetOptions { TextColumn = "alt" })).Texts);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task A_cut_at_any_byte_leaves_the_whole_samples_and_tells_of_the_cut(TarEntryFormat format)
    {
        if (format == TarEntryFormat.Pax)
            FullRun.Only();
        var tar = SmallTar(format);
        var whole = (await Shards.ReadAsync(folder.Write("whole.tar", tar))).Select(Shards.Describe).ToList();
        Assert.Equal(2, whole.Count);

        await CutEverywhere(tar, whole, tar.Length - 1024);
    }

    [Fact]
    public async Task A_compressed_tar_may_be_cut_too()
    {
        var tar = SmallTar(TarEntryFormat.Ustar);
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(tar);
        var whole = (await Shards.ReadAsync(folder.Write("whole.tar.gz", stream.ToArray()))).Select(Shards.Describe).ToList();
        Assert.Equal(2, whole.Count);

        // How much of the tar is in a part of its compressed bytes is the compressor's affair.
        await CutEverywhere(stream.ToArray(), whole, null);
    }

    [Fact]
    public async Task Damage_in_the_middle_ends_the_tar_with_an_error()
    {
        var tar = SmallTar(TarEntryFormat.Ustar);
        // The header of the second sample's second file: 3 files of a header and a block of data lie before it.
        tar[3 * 1024 + 3] ^= 0x55;

        var samples = await Shards.ReadAsync(folder.Write("a.tar", tar));

        Assert.Equal(["a", "b"], samples.Select(sample => sample.Key));
        Assert.Null(samples[0].Error);
        Assert.Contains("damaged", samples[1].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damage_at_any_byte_is_survived()
    {
        var tar = SmallTar(TarEntryFormat.Pax);
        for (var at = 0; at < tar.Length; at += 7)
        {
            var damaged = tar.ToArray();
            damaged[at] ^= 0x15;
            try
            {
                Assert.InRange((await Shards.ReadAsync(folder.Write("a.tar", damaged))).Count, 0, 4);
            }
            catch (DatasetException exception)
            {
                Assert.Contains("a.tar: this is no tar", exception.Message, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("""{"a": """, "damaged")]
    [InlineData("[1]", "no object")]
    [InlineData("""{"a": 1, "a": 2}""", "damaged")]
    [InlineData("""{"a": "\ud800"}""", "no Unicode")]
    public async Task Bad_JSON_is_the_samples_error(string json, string expected)
    {
        var path = folder.Write("a.tar", Shards.Tar(TarEntryFormat.Ustar,
            ("a.jpg", Shards.Jpeg("")), ("a.json", Utf8(json)),
            ("b.jpg", Shards.Jpeg("")), ("b.json", Utf8("""{"similarity": NaN, "t": "NaN"}"""))));

        var samples = await Shards.ReadAsync(path);

        Assert.Contains(expected, samples[0].Error, StringComparison.Ordinal);
        Assert.Equal("""{"similarity":null,"t":"NaN"}""", samples[1].Fields!.ToJsonString());
        Assert.Null(samples[1].Error);
    }

    [Fact]
    public async Task Samples_without_an_image_and_keys_given_twice_are_errors()
    {
        var path = folder.Write("a.tar", Shards.Tar(TarEntryFormat.Ustar,
            ("a.txt", Utf8("no image")), ("b.jpg", Shards.Jpeg("")), ("a.jpg", Shards.Jpeg("")),
            ("c.jpg", Shards.Jpeg("1")), ("c.jpg", Shards.Jpeg("2")),
            ("._d.jpg", Utf8("of macOS")), ("__index__.txt", Utf8("of webdataset")),
            ("e.1.jpg", Shards.Jpeg("e")), ("e.2.jpg", Shards.Jpeg("e"))));

        var samples = await Shards.ReadAsync(path);

        Assert.Equal(["a", "b", "a~2", "c", "e"], samples.Select(sample => sample.Key));
        Assert.Contains("no image", samples[0].Error, StringComparison.Ordinal);
        Assert.Null(samples[1].Error);
        Assert.Contains("was there before", samples[2].Error, StringComparison.Ordinal);
        Assert.Contains("two files .jpg", samples[3].Error, StringComparison.Ordinal);
        Assert.Contains("first dot", samples[4].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_tar_or_not_there_is_named()
    {
        var page = folder.Write("page.tar", "<html>404</html>" + new string(' ', 1000));

        await Shards.AssertRefusedAsync("page.tar: this is no tar", Dataset.Open([page])[0]);
        var shard = Dataset.Open([page])[0];
        File.Delete(page);
        await Shards.AssertRefusedAsync("cannot be opened", shard);
    }

    [Fact]
    public async Task A_folder_as_img2dataset_writes_it_gives_its_tars()
    {
        foreach (var shard in new[] { "00001", "00000" })
        {
            folder.Write($"{shard}.parquet", "no tar");
            folder.Write($"{shard}_stats.json", "{}");
            folder.Write($"{shard}.tar", Shards.Tar(TarEntryFormat.Gnu,
                ($"{shard}0000.jpg", Shards.Jpeg(shard)),
                ($"{shard}0000.json", Utf8($$"""{"caption": "a dog", "url": "http://x", "key": "{{shard}}0000", "status": "success"}""")),
                ($"{shard}0000.txt", Utf8("a dog"))));
        }

        var shards = Dataset.Open([folder.Path]);

        Assert.Equal(["00000.tar", "00001.tar"], shards.Select(shard => Path.GetFileName(shard.Name)));
        var sample = Assert.Single(await Shards.ReadAsync(shards[0]));
        Assert.Equal(("000000000", "a dog", null), (sample.Key, Assert.Single(sample.Texts), sample.Error));
    }

    private static byte[] SmallTar(TarEntryFormat format) => Shards.Tar(format, new[] { "a", "b" }.SelectMany(key => new[]
    {
        ($"{key}.jpg", Shards.Jpeg(key)), ($"{key}.txt", Utf8($"text of {key}")),
    }));

    private async Task CutEverywhere(byte[] tar, List<string> whole, int? end)
    {
        for (var length = 0; length < tar.Length; length++)
        {
            var samples = await Shards.ReadAsync(folder.Write("cut.tar", tar[..length]));

            var errors = samples.Count(sample => sample.Error is not null);
            Assert.Equal(whole.Take(samples.Count - errors), samples.SkipLast(errors).Select(Shards.Describe));
            Assert.InRange(errors, end is null || length >= end + 512 ? 0 : 1, 1);
            if (end is not null)
                Assert.True(samples.Count - errors >= (long)length * 2 / end - 1, $"{samples.Count} samples at {length}");
            if (errors > 0)
                Assert.Contains("cut off", samples[^1].Error, StringComparison.Ordinal);
        }
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
