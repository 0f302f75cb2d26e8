using System.Text.Json.Nodes;
using Blip.Datasets;
using Blip.Datasets.Parquet;
using ParquetSharp;

namespace Blip.Tests.Datasets;

public class ParquetFormatTests
{
    private static readonly byte[] Jpeg = [0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3];

    private static readonly byte[] Png = [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10, 0];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Hugging_Faces_struct_of_bytes_and_path_is_read()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "train.parquet");
        ParquetFiles.WriteHuggingFace(path,
            [(Jpeg, "C:\\photos\\dog.jpg", "a dog"), (Png, null, null), (null, "images/cat.png", "a cat")],
            [(null, null, "nothing"), (Jpeg, "no extension", " "), ([], null, "empty")]);
        folder.Write("images/cat.png", Png);

        var samples = await Read(path);

        Assert.Equal(["000000000", "000000001", "000000002", "000000003", "000000004", "000000005"], samples.Select(sample => sample.Key));
        Assert.Equal([0, 1, 2, 3, 4, 5], samples.Select(sample => sample.Index));
        Assert.Equal(["dog.jpg", "000000001.png", "cat.png", null, "000000004.jpg", null], samples.Select(sample => sample.Image?.Name));
        Assert.Equal([Jpeg, Png, Png, null, Jpeg, null], samples.Select(sample => sample.Image?.Read()));
        Assert.Equal(
            [null, null, Path.Combine(folder.Path, "images/cat.png"), null, null, null], samples.Select(sample => sample.Image?.Path));
        Assert.Equal(["a dog", null, "a cat", "nothing", null, "empty"], samples.Select(sample => sample.Texts.SingleOrDefault()));
        Assert.Equal(
            [null, null, null, "It has no image.", null, "Its image is empty."], samples.Select(sample => sample.Error));
        Assert.All(samples, sample => Assert.Null(sample.Fields));
    }

    [Fact]
    public async Task Plain_bytes_lists_of_texts_and_further_columns_are_read()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "shard.parquet");
        ParquetFiles.Write(path,
            ParquetFiles.Of("jpg", Jpeg, null, Png),
            ParquetFiles.Of("caption", ["a dog", "", "a brown dog"], [], (string[])null!),
            ParquetFiles.Of("key", "a/1", "a/2", "a/2"),
            ParquetFiles.Of<long?>("size", long.MaxValue, null, -1),
            ParquetFiles.Of("score", 0.1, double.NaN, -0.5),
            ParquetFiles.Of("half", 0.1f, 1f, 2f),
            ParquetFiles.Of("safe", true, false, true),
            ParquetFiles.Of("url", "https://a/1.jpg", null, "é"),
            ParquetFiles.Of("vector", [1f, 2f], [3f], Array.Empty<float>()));

        var samples = await Read(path);

        Assert.Equal(["a/1", "a/2", "a/2~2"], samples.Select(sample => sample.Key));
        Assert.Equal(["1.jpg", null, "2~2.png"], samples.Select(sample => sample.Image?.Name));
        Assert.Equal([["a dog", "a brown dog"], [], []], samples.Select(sample => sample.Texts));
        Assert.Equal([null, "It has no image.", null], samples.Select(sample => sample.Error));
        Assert.True(JsonNode.DeepEquals(
            new JsonObject { ["size"] = long.MaxValue, ["score"] = 0.1, ["half"] = 0.1f, ["safe"] = true, ["url"] = "https://a/1.jpg" },
            samples[0].Fields));
        Assert.Equal("""{"size":null,"score":null,"half":1,"safe":false,"url":null}""", samples[1].Fields!.ToJsonString());
    }

    [Fact]
    public async Task Paths_are_relative_to_the_file_or_to_the_given_root()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "list.parquet");
        var (here, there) = (folder.Write("a.png", Png), folder.Write("other/a.png", Jpeg));
        ParquetFiles.Write(path,
            ParquetFiles.Of("file_name", "a.png", null, "https://a.org/b.png", "nul\0"), ParquetFiles.Of("id", 7, 8, 9, 10));

        var samples = await Read(path);
        var elsewhere = await Read(path, new DatasetOptions { ImageRoot = Path.Combine(folder.Path, "other") });

        Assert.Equal(["7", "8", "9", "10"], samples.Select(sample => sample.Key));
        Assert.Equal(here, samples[0].Image!.Path);
        Assert.Equal(there, elsewhere[0].Image!.Path);
        Assert.Equal(Jpeg, elsewhere[0].Image!.Read());
        Assert.Equal("It has no image.", samples[1].Error);
        Assert.Contains("img2dataset", samples[2].Error);
        Assert.Contains("NUL", samples[3].Error);
    }

    [Fact]
    public async Task Named_columns_come_before_the_usual_ones()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "list.parquet");
        ParquetFiles.Write(path,
            ParquetFiles.Of<byte[]>("image", Jpeg), ParquetFiles.Of<byte[]>("thumbnail", Png),
            ParquetFiles.Of("text", "usual"), ParquetFiles.Of("alt", "named"),
            ParquetFiles.Of("key", "usual"), ParquetFiles.Of("sha", "named"));

        var usual = Assert.Single(await Read(path));
        var named = Assert.Single(await Read(path, new() { ImageColumn = "thumbnail", TextColumn = "alt", KeyColumn = "sha" }));

        Assert.Equal(("usual", "usual", "usual.jpg"), (usual.Key, usual.Texts[0], usual.Image!.Name));
        Assert.Equal(("named", "named", "named.png"), (named.Key, named.Texts[0], named.Image!.Name));
        Assert.Equal("""{"alt":"named","sha":"named"}""", usual.Fields!.ToJsonString());
        Assert.Equal("""{"text":"usual","key":"usual"}""", named.Fields!.ToJsonString());
    }

    [Fact]
    public void A_column_that_is_not_there_or_does_not_fit_is_named()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "list.parquet");
        ParquetFiles.Write(path, ParquetFiles.Of<byte[]>("image", Jpeg), ParquetFiles.Of("score", 0.5));

        Assert.Equal($"{path}: it has no column 'photo' for the image; it has image, score.", Refused(new() { ImageColumn = "photo" }));
        Assert.Equal($"{path}: it has no column 'alt' for the text; it has image, score.", Refused(new() { TextColumn = "alt" }));
        Assert.Equal(
            $"{path}: the column 'score' can hold no key: a text or a whole number is what it should hold.",
            Refused(new() { KeyColumn = "score" }));

        string Refused(DatasetOptions options) => Assert.Throws<DatasetException>(() => Dataset.Open([path], options)).Message;
    }

    [Fact]
    public void A_file_without_images_lists_its_columns()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "00000.parquet");
        ParquetFiles.Write(path,
            ParquetFiles.Of("url", "https://a/1.jpg"), ParquetFiles.Of("key", "000000000"), ParquetFiles.Of("status", "success"));

        var exception = Assert.Throws<DatasetException>(() => Dataset.Open([path]));

        Assert.StartsWith($"{path}: this Parquet file holds no images: it has the columns url, key, status.", exception.Message);
    }

    [Fact]
    public void Folders_are_told_by_what_lies_in_them()
    {
        using var folder = new TemporaryFolder();
        var format = new ParquetFormat();
        string Below(string name) => Path.Combine(folder.Path, name);
        void Table(string name, string column)
        {
            folder.Write(name, "");
            ParquetFiles.Write(Below(name), ParquetFiles.Of(column, "a"));
        }

        Table("hub/data/train-00000-of-00002.parquet", "image");
        Table("hub/data/train-00001-of-00002.parquet", "image");
        folder.Write("hub/README.md", "");
        Table("tars/00000.parquet", "url");
        folder.Write("tars/00000.tar", "");
        Table("files/00000.parquet", "url");
        folder.Write("files/00000/000000000.jpg", Jpeg);
        Table("listed/train.parquet", "file_name");
        folder.Write("listed/images/a.jpg", Jpeg);
        folder.Write("images/a.jpg", Jpeg);
        Directory.CreateDirectory(Below("empty"));

        Assert.Equal(
            ["hub", "listed"],
            new[] { "hub", "tars", "files", "listed", "images", "empty", "none" }.Where(name => format.Recognizes(Below(name))));
        Assert.True(format.Recognizes("x.parquet"));
        Assert.True(format.Recognizes("X.PARQUET"));
        Assert.False(format.Recognizes("x.tar"));
        Assert.False(format.Recognizes("https://a.org/x.parquet"));
        Assert.False(format.Recognizes("pipe:cat x.parquet"));
        Assert.False(format.Recognizes("\0"));
        Assert.Equal(
            [Below("hub") + "/data/train-00000-of-00002.parquet", Below("hub") + "/data/train-00001-of-00002.parquet"],
            Dataset.Open([Below("hub")]).Select(shard => shard.Name));
        Assert.Contains("no Parquet file", Assert.Throws<DatasetException>(() => format.Open(Below("empty"), new())).Message);
        Assert.Contains("no such", Assert.Throws<DatasetException>(() => format.Open(Below("none.parquet"), new())).Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(12)]
    [InlineData(300)]
    [InlineData(-1)]
    public async Task A_file_that_was_cut_off_is_named(int length)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "train.parquet");
        ParquetFiles.WriteHuggingFace(path, [(Jpeg, "dog.jpg", "a dog")]);
        var bytes = await File.ReadAllBytesAsync(path, Token);
        await File.WriteAllBytesAsync(path, bytes[..(length < 0 ? bytes.Length + length : length)], Token);

        var exception = await Assert.ThrowsAsync<DatasetException>(() => Read(path));

        Assert.StartsWith(path + ": this is no Parquet file, or it is damaged or cut off", exception.Message);
        Assert.StartsWith(path, Assert.Throws<DatasetException>(() => ParquetImages.Open(path)).Message);
    }

    [Fact]
    public async Task A_flipped_byte_is_a_clear_error_or_does_no_harm()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "train.parquet");
        ParquetFiles.WriteHuggingFace(path, [(Jpeg, "dog.jpg", "a dog"), (Png, null, null)], [(Jpeg, null, "b")]);
        var bytes = await File.ReadAllBytesAsync(path, Token);
        var refused = 0;
        for (var place = 0; place < bytes.Length; place++)
        {
            bytes[place] ^= 0xFF;
            await File.WriteAllBytesAsync(path, bytes, Token);
            bytes[place] ^= 0xFF;
            try
            {
                await Read(path).WaitAsync(TimeSpan.FromSeconds(20), Token);
            }
            catch (DatasetException exception)
            {
                Assert.StartsWith(path, exception.Message);
                refused++;
            }
        }
        Assert.InRange(refused, bytes.Length / 4, bytes.Length);
    }

    [Fact]
    public async Task Pages_of_the_second_version_are_read_and_lists_in_them_are_told_to_be_unsupported()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "second.parquet");
        void Write(params ParquetFiles.IWrittenColumn[] columns)
        {
            using var properties = new WriterPropertiesBuilder().DataPageVersion(ParquetDataPageVersion.V2).Build();
            ParquetFiles.Write(path, properties, columns);
        }

        Write(ParquetFiles.Of<byte[]?>("image", Jpeg, null, Png), ParquetFiles.Of("text", "a", null, "c"));
        Assert.Equal(["a", null, "c"], (await Read(path)).Select(sample => sample.Texts.SingleOrDefault()));
        Assert.Equal([Jpeg, null, Png], (await Read(path)).Select(sample => sample.Image?.Read()));
        Write(ParquetFiles.Of<byte[]>("image", Jpeg), ParquetFiles.Of<string[]>("text", ["a", "b"]));
        Assert.StartsWith(
            $"{path}: this Parquet file is in an unsupported form", (await Assert.ThrowsAsync<DatasetException>(() => Read(path))).Message);
    }

    [Fact]
    public async Task Reading_ends_when_it_is_cancelled()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "train.parquet");
        ParquetFiles.WriteHuggingFace(path, [(Jpeg, "dog.jpg", "a dog"), (Png, null, null)]);
        using var cancellation = new CancellationTokenSource();
        var read = 0;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in Dataset.Open([path])[0].ReadAsync(cancellation.Token))
            {
                read++;
                await cancellation.CancelAsync();
            }
        });

        Assert.Equal(1, read);
    }

    [Fact]
    public async Task Many_rows_with_nulls_come_in_order_whatever_the_pages_and_encodings()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "train.parquet");
        byte[]? Bytes(int i) => i % 3 == 0 ? null : [.. Jpeg, (byte)i, (byte)(i >> 8)];
        string? Text(int i) => i % 5 == 0 ? null : $"text {i % 97}";
        Column[] columns = [new Column<byte[]>("image"), new Column<string>("text"), new Column<int?>("n")];
        using (var properties = new WriterPropertiesBuilder().Compression(Compression.Gzip).DataPagesize(2000).EnableDictionary().Build())
        using (var file = new ParquetFileWriter(path, columns, properties))
        {
            for (var start = 0; start < 6000; start += 2000)
            {
                using var group = file.AppendRowGroup();
                var rows = Enumerable.Range(start, 2000).ToList();
                using (var image = group.NextColumn().LogicalWriter<byte[]?>())
                    image.WriteBatch([.. rows.Select(Bytes)]);
                using (var text = group.NextColumn().LogicalWriter<string?>())
                    text.WriteBatch([.. rows.Select(Text)]);
                using (var number = group.NextColumn().LogicalWriter<int?>())
                    number.WriteBatch([.. rows.Select(i => i % 7 == 0 ? (int?)null : i)]);
            }
            file.Close();
        }

        var samples = await Read(path);
        var images = ParquetImages.Open(path);

        Assert.Equal(6000, samples.Count);
        Assert.Equal(6000, images.Count);
        foreach (var (i, sample) in samples.Index())
        {
            Assert.Equal(Bytes(i), sample.Image?.Read());
            Assert.Equal(Text(i), sample.Texts.SingleOrDefault());
            Assert.Equal(i % 7 == 0 ? null : i, (int?)sample.Fields!["n"]);
        }
        // From the end to the beginning, and by several threads.
        Parallel.For(0, 30, i =>
        {
            var row = 5999 - i * 199;
            if (Bytes(row) is { } bytes)
                Assert.Equal(bytes, images[row].Read());
            else
                Assert.Contains("no image", Assert.Throws<DatasetException>(images[row].Read).Message);
        });
    }

    [Fact]
    public void The_list_of_images_has_names_before_any_image_is_read()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "train.parquet");
        ParquetFiles.WriteHuggingFace(path,
            [(Jpeg, "photos/dog.jpg", null)], [], [(Png, null, null), (null, "cat.png", null)],
            [(null, null, "none"), (null, "gone.png", null)]);
        folder.Write("cat.png", Png);

        var images = ParquetImages.Open(path);

        Assert.Equal(["photos/dog.jpg", "000000001", "cat.png", "000000003", "gone.png"], images.Select(image => image.Name));
        Assert.Equal([Jpeg, Png, Png], images.Take(3).Select(image => image.Read()));
        Assert.Equal($"{path}, row 4 (000000003): It has no image.", Assert.Throws<DatasetException>(images[3].Read).Message);
        Assert.Throws<FileNotFoundException>(images[4].Read);
        File.Delete(path);
        Assert.StartsWith(path, Assert.Throws<DatasetException>(images[0].Read).Message);
    }

    private static async Task<IReadOnlyList<Sample>> Read(string path, DatasetOptions? options = null)
    {
        var samples = new List<Sample>();
        await foreach (var sample in Assert.Single(Dataset.Open([path], options)).ReadAsync(Token))
            samples.Add(sample);
        return samples;
    }
}
