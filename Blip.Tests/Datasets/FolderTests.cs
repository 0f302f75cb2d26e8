using Blip.Datasets;

namespace Blip.Tests.Datasets;

public sealed class FolderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Images_have_their_sidecars_and_keys_of_their_paths()
    {
        folder.Write("b/2.png", Shards.Png("2"));
        folder.Write("b/2.txt", "  two dogs\n");
        folder.Write("b/2.json", """{"url": "x"}""");
        folder.Write("a.JPG", Shards.Jpeg("a"));
        folder.Write("c.jpg", Shards.Jpeg("c"));
        folder.Write("c.m.jpg", Shards.Jpeg("m"));
        folder.Write("c.png", Shards.Png("c"));
        folder.Write("c.json", "[");
        folder.Write("d.jpg", Shards.Jpeg("d"));
        folder.Write("d.json", """{"caption": "of the JSON"}""");
        folder.Write("notes.md", "no image");
        folder.Write("._a.jpg", "of macOS");

        var samples = await Shards.ReadAsync(folder.Path);

        Assert.Equal(["a", "b/2", "c", "c.m", "c.png", "d"], samples.Select(sample => sample.Key));
        Assert.Equal(["", "two dogs", "", "", "", "of the JSON"], samples.Select(sample => string.Join('/', sample.Texts)));
        Assert.Equal("""{"url":"x"}""", samples[1].Fields!.ToJsonString());
        Assert.Equal(Path.Combine(folder.Path, "b/2.png"), samples[1].Image!.Path);
        Assert.Equal([false, false, true, false, true, false], samples.Select(sample => sample.Error is not null));
        Assert.Contains("damaged", samples[2].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shards_have_their_size_and_are_named_by_their_ranges()
    {
        for (var i = 0; i < 7; i++)
            folder.Write($"{i}.jpg", Shards.Jpeg($"{i}"));

        var shards = Dataset.Open([folder.Path], new DatasetOptions { ShardSize = 3 });

        Assert.Equal(new[] { "[0..3]", "[3..6]", "[6..7]" }.Select(range => folder.Path + range), shards.Select(shard => shard.Name));
        Assert.Equal(["3", "4", "5"], (await Shards.ReadAsync(shards[1])).Select(sample => sample.Key));
    }

    [Fact]
    public async Task A_folder_as_img2dataset_writes_its_files_is_read()
    {
        folder.Write("00000/000000003.jpg", Shards.Jpeg("3"));
        folder.Write("00000/000000003.txt", "a dog");
        folder.Write("00000/000000003.json", """{"caption": "a dog", "url": "http://x", "similarity": NaN}""");
        folder.Write("00000.parquet", "rows");
        folder.Write("00000_stats.json", "{}");

        var sample = Assert.Single(await Shards.ReadAsync(folder.Path));

        Assert.Equal(("00000/000000003", "a dog", null), (sample.Key, Assert.Single(sample.Texts), sample.Error));
    }

    [Fact]
    public async Task An_imagefolder_has_its_texts_in_metadata_here_and_below()
    {
        folder.Write("metadata.jsonl", """
            {"file_name": "a.jpg", "text": "a dog", "score": 0.5}
            {"file_name": "in/b.png", "caption": "a cat"}
            {"file_name": "in/c.png"}

            {"file_name":
            {"text": "no image"}
            """);
        folder.Write("test/metadata.csv", "file_name,caption,extra\nd.jpg,\"a \"\"big\"\" dog\",1\n");
        folder.Write("a.jpg", Shards.Jpeg("a"));
        folder.Write("unnamed.jpg", Shards.Jpeg("u"));

        var shards = Dataset.Open([folder.Path]);

        Assert.Equal(["metadata.jsonl[0..5]", "metadata.csv[0..1]"], shards.Select(shard => Path.GetFileName(shard.Name)));
        var samples = await Shards.ReadAsync(shards[0]);
        Assert.Equal(["a", "in/b", "in/c", "entry-3", "entry-4"], samples.Select(sample => sample.Key));
        Assert.Equal(["a dog", "a cat", "", "", ""], samples.Select(sample => string.Join('/', sample.Texts)));
        Assert.Equal("""{"score":0.5}""", samples[0].Fields!.ToJsonString());
        Assert.Equal(Shards.Jpeg("a"), samples[0].Image!.Read());
        Assert.Contains("damaged", samples[3].Error, StringComparison.Ordinal);
        Assert.Contains("no image", samples[4].Error, StringComparison.Ordinal);
        var below = Assert.Single(await Shards.ReadAsync(shards[1]));
        Assert.Equal(("d", "a \"big\" dog"), (below.Key, Assert.Single(below.Texts)));
        Assert.Equal(Path.Combine(folder.Path, "test", "d.jpg"), below.Image!.Path);
    }

    [Fact]
    public void Folders_that_hold_nothing_are_named()
    {
        folder.Write("notes.md", "");

        Shards.AssertRefused("no data set in a known format", () => Dataset.Open([folder.Path]));
        (string, string)[] cases =
            [("folder", "no image"), ("imagefolder", "no metadata.jsonl"), ("webdataset", "no .tar"), ("tfrecord", "no format")];
        foreach (var (format, expected) in cases)
        {
            var message = Assert.Throws<DatasetException>(
                () => Dataset.Open([folder.Path], new DatasetOptions { Format = format })).Message;
            Assert.Contains(expected, message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_source_given_twice_is_refused()
    {
        folder.Write("a.jpg", Shards.Jpeg("a"));

        Shards.AssertRefused("given twice", () => Dataset.Open([folder.Path, folder.Path]));
    }
}
