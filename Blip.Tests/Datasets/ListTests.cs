using System.Text;
using System.Text.Json;
using Blip.Datasets;

namespace Blip.Tests.Datasets;

public sealed class ListTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_list_as_BLIP_writes_it_is_read_and_entries_of_one_image_are_one_sample()
    {
        var path = folder.Write("list.json", """
            [{"image": "a.jpg", "caption": "one", "image_id": 7},
             {"image": "a.jpg", "caption": "two", "image_id": 7},
             {"image": "a.jpg", "caption": "three", "image_id": 8},
             {"image": "/data/b.png", "caption": ["x", "y"]},
             {"image": "a.png", "caption": null}, {"image": "../c.png"},
             {"image": "http://host/d.jpg", "caption": "far"}, {"caption": "none"}, {"image": "e.jpg", "caption": 5}, 5]
            """);

        var samples = await Shards.ReadAsync(path);

        Assert.Equal(["a", "a.jpg", "data/b", "a.png", "c", "entry-6", "entry-7", "e", "entry-9"], samples.Select(sample => sample.Key));
        Assert.Equal(["one/two", "three", "x/y", "", "", "", "", "", ""], samples.Select(sample => string.Join('/', sample.Texts)));
        Assert.Equal("""{"image_id":7}""", samples[0].Fields!.ToJsonString());
        Assert.Equal(Path.Combine(folder.Path, "a.jpg"), samples[0].Image!.Path);
        Assert.Equal("/data/b.png", samples[2].Image!.Path);
        Assert.All(samples.Take(5), sample => Assert.Null(sample.Error));
        Assert.Contains("img2dataset", samples[5].Error, StringComparison.Ordinal);
        Assert.Contains("no image", samples[6].Error, StringComparison.Ordinal);
        Assert.Contains("neither a text", samples[7].Error, StringComparison.Ordinal);
        Assert.Contains("no object", samples[8].Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("list.json")]
    [InlineData("list.jsonl")]
    [InlineData("list.csv")]
    [InlineData("list.tsv")]
    public async Task Parts_of_a_list_are_what_the_whole_is(string name)
    {
        var path = folder.Write(name, "\uFEFF" + Text(name, 5000));

        var whole = await Shards.ReadAsync(Assert.Single(Dataset.Open([path])));
        var parts = Dataset.Open([path], new DatasetOptions { ShardSize = 300 });
        var read = new List<Sample>();
        foreach (var part in parts)
            read.AddRange(await Shards.ReadAsync(part));

        Assert.Equal(5000, whole.Count);
        Assert.All(whole, sample => Assert.Null(sample.Error));
        Assert.Equal(whole.Select(Described), read.Select(Described));
        Assert.Equal($"caf\u00E9 \U0001F600 4999\nof \"two\" lines, {new string('x', 4999 % 97)}", whole[4999].Texts[0]);
        var names = Enumerable.Range(0, 17).Select(i => $"{path}[{i * 300}..{Math.Min(5000, (i + 1) * 300)}]");
        Assert.Equal(names, parts.Select(part => part.Name));

        static (string, string, string) Described(Sample sample) => (sample.Key, sample.Texts[0], sample.Fields!.ToJsonString());
    }

    [Fact]
    public async Task A_path_that_names_a_device_is_an_empty_image_and_no_endless_one()
    {
        Assert.SkipUnless(File.Exists("/dev/zero"), "This system has no /dev/zero.");
        File.CreateSymbolicLink(Path.Combine(folder.Path, "link.png"), "/dev/zero");
        File.WriteAllText(Path.Combine(folder.Path, "a.png"), "bytes");
        File.CreateSymbolicLink(Path.Combine(folder.Path, "good.png"), "a.png");
        var path = folder.Write("list.json", """[{"image": "/dev/zero"}, {"image": "link.png"}, {"image": "good.png"}]""");

        var samples = await Shards.ReadAsync(path);

        Assert.Equal([0, 0, 5], samples.Select(sample => sample.Image!.Read().Length));
    }

    [Fact]
    public void Entries_of_one_image_are_not_parted()
    {
        var lines = Enumerable.Range(0, 10).Select(i => $$"""{"image": "{{i / 5}}.jpg", "caption": "{{i}}"}""");
        var path = folder.Write("list.jsonl", string.Join('\n', lines));

        var shards = Dataset.Open([path], new DatasetOptions { ShardSize = 2 });

        Assert.Equal([$"{path}[0..5]", $"{path}[5..10]"], shards.Select(shard => shard.Name));
    }

    [Fact]
    public async Task Columns_may_be_named_and_quotes_within_a_value_are_characters()
    {
        var path = folder.Write("list.tsv", "id\tfile path\talt\n7\ta.jpg\ta 12\" pizza\n8\tb.jpg\t\"a \"\"b\"\"\"\n9\tc.jpg\n");

        var options = new DatasetOptions { ImageColumn = "file path", TextColumn = "alt", KeyColumn = "id", ImageRoot = "root" };
        var samples = await Shards.ReadAsync(path, options);

        Assert.Equal(["7", "8", "entry-2"], samples.Select(sample => sample.Key));
        Assert.Equal(["a 12\" pizza", "a \"b\"", ""], samples.Select(sample => string.Join('/', sample.Texts)));
        Assert.Equal(Path.Combine("root", "a.jpg"), samples[0].Image!.Path);
        Assert.Contains("2 values where there are 3", samples[2].Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.csv", "", "is empty")]
    [InlineData("a.csv", "x,caption\n1,2\n", "no column image")]
    [InlineData("a.csv", "image,image\n", "two columns")]
    [InlineData("a.json", "[{\"image\": \"a\"}", "cut off")]
    [InlineData("a.json", "[{\"image\": \"a\"} {}]", "is damaged")]
    [InlineData("a.json", "[{\"image\": \"a\",}]", "is damaged")]
    [InlineData("a.json", "{\"image\": 1}", "no 'images'")]
    [InlineData("a.json", "", "")]
    public void A_list_that_cannot_be_read_is_named(string name, string text, string expected)
    {
        var path = folder.Write(name, text);

        if (expected.Length == 0)
        {
            Assert.Empty(Dataset.Open([path]));
            return;
        }
        var message = Assert.Throws<DatasetException>(() => Dataset.Open([path])).Message;
        Assert.StartsWith(path, message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_named_column_that_is_not_there_is_told()
    {
        var path = folder.Write("a.csv", "image,caption\na.jpg,x\n");

        Shards.AssertRefused("no column alt", () => Dataset.Open([path], new DatasetOptions { TextColumn = "alt" }));
        Shards.AssertRefused("no column id", () => Dataset.Open([path], new DatasetOptions { KeyColumn = "id" }));
        Shards.AssertRefused("is UTF-16", () => Dataset.Open([folder.Write("b.csv", Encoding.Unicode.GetPreamble())]));
    }

    [Fact]
    public void A_quote_that_is_never_closed_ends_in_a_sentence()
    {
        var rows = string.Concat(Enumerable.Repeat("b.jpg,a text that goes on\n", 200_000));
        var path = folder.Write("a.csv", "image,caption\na.jpg,\"x\n" + rows);

        Shards.AssertRefused("never closed", () => Dataset.Open([path]));
    }

    [Fact]
    public async Task COCO_captions_and_Karpathys_files_are_read()
    {
        folder.Write("val2014/COCO_val2014_000000000042.jpg", Shards.Jpeg("42"));
        var coco = folder.Write("captions.json", """
            {"images": [{"id": 42, "file_name": "COCO_val2014_000000000042.jpg"}, {"id": 43, "file_name": "gone.jpg"}],
             "annotations": [{"image_id": 42, "caption": "a dog"}, {"image_id": 43, "caption": "a cat"},
                             {"image_id": 42, "caption": "a big dog"}]}
            """);
        var karpathy = folder.Write("dataset_coco.json", """
            {"images": [{"split": "train", "filename": "COCO_val2014_000000000042.jpg", "filepath": "val2014", "cocoid": 42,
                         "sentences": [{"raw": "a dog"}]},
                        {"split": "test", "filename": "x.jpg", "cocoid": 1, "sentences": [{"raw": "other"}]}]}
            """);

        var samples = await Shards.ReadAsync(coco);
        var train = Assert.Single(await Shards.ReadAsync(karpathy));

        Assert.Equal(["a dog", "a big dog"], samples[0].Texts);
        Assert.Equal(Shards.Jpeg("42"), samples[0].Image!.Read());
        Assert.Contains("ImageRoot", samples[1].Error, StringComparison.Ordinal);
        Assert.Equal(("val2014/COCO_val2014_000000000042", "a dog"), (train.Key, Assert.Single(train.Texts)));
        Shards.AssertRefused("train", () => Dataset.Open([karpathy], new DatasetOptions { Split = "val" }));
    }

    private static string Text(string name, int count)
    {
        var rows = Enumerable.Range(0, count)
            .Select(i => (Image: $"in/{i}.jpg", Caption: $"caf\u00E9 \U0001F600 {i}\nof \"two\" lines, {new string('x', i % 97)}"));
        string Json((string Image, string Caption) row) =>
            $$"""{"caption": {{JsonSerializer.Serialize(row.Caption)}}, "image": "{{row.Image}}", "n": {"image": "no"} }""";
        string Row((string Image, string Caption) row, char delimiter) =>
            $"{row.Image}{delimiter}\"{row.Caption.Replace("\"", "\"\"", StringComparison.Ordinal)}\"{delimiter}z";
        return Path.GetExtension(name) switch
        {
            ".json" => $"[ {string.Join(" ,\n", rows.Select(Json))}\n]\n",
            ".jsonl" => string.Join("\r\n", rows.Select(Json)),
            ".csv" => "image,caption,extra\r\n" + string.Join("\r\n", rows.Select(row => Row(row, ','))),
            ".tsv" => "image\tcaption\textra\n" + string.Join('\n', rows.Select(row => Row(row, '\t'))) + "\n\n",
            _ => throw new ArgumentOutOfRangeException(nameof(name)),
        };
    }
}
