using System.Text;
using System.Text.Json.Nodes;
using Blip.Datasets;
using Blip.Datasets.Writing;

namespace Blip.Tests.Datasets;

public sealed class WriterTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Formats => [.. DatasetWriters.Formats];

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task What_is_written_is_read_back(string format)
    {
        WrittenSample[] samples =
        [
            Written("one", Shards.Jpeg("1"), "a dog \U0001F600", " caf\u00E9\n\"<two>\" ") with
            {
                Fields = new() { ["z"] = 1.50, ["a"] = "\u00FC" },
            },
            Written("in/two", Shards.Png("2"), "a cat"),
        ];

        var made = await Shards.WriteAsync(format, folder.Path, "00007", samples);
        var read = await Shards.ReadAsync(Source(format));

        Assert.All(made, name => Assert.True(Path.Exists(Path.Combine(folder.Path, name)), name));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path, "*.tmp"));
        read = [.. read.OrderBy(sample => sample.Key.EndsWith("two", StringComparison.Ordinal))];
        Assert.Equal(["one", "in/two"], read.Select(sample => sample.Key.Replace("00007/", "", StringComparison.Ordinal)));
        Assert.Equal(samples.Select(sample => sample.Texts.Select(text => text.Text)), read.Select(sample => sample.Texts));
        Assert.Equal(samples.Select(sample => sample.Image.Read()), read.Select(sample => sample.Image!.Read()));
        Assert.All(read, sample => Assert.Null(sample.Error));
        if (format != "json")
            Assert.Equal(samples.Select(sample => sample.Fields?.ToJsonString()), read.Select(sample => sample.Fields?.ToJsonString()));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task Keys_that_are_too_long_for_a_name_are_cut_and_stay_apart(string format)
    {
        var (name, far) = (new string('\u00FC', 300), string.Concat(Enumerable.Repeat(new string('y', 150) + "/", 40)));
        string[] keys = [name + "1", name + "2", far + "1", far + "2"];
        await Shards.WriteAsync(format, folder.Path, "00007", [.. keys.Select(key => Written(key, Shards.Jpeg(key[^1..]), key[^1..]))]);

        var read = await Shards.ReadAsync(Source(format));

        Assert.Equal(["1", "1", "2", "2"], read.Select(sample => Assert.Single(sample.Texts)).Order());
        Assert.All(read, sample => Assert.Null(sample.Error));
        Assert.Equal(4, read.Select(sample => sample.Key).Distinct().Count());
        Assert.All(read, sample => Assert.All(sample.Key.Split('/'), part => Assert.True(Encoding.UTF8.GetByteCount(part) <= 210, part)));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task The_same_samples_are_the_same_bytes(string format)
    {
        var sample = Written("a/b.c", Shards.Jpeg("1"), "x", "y") with
        {
            Members = new Dictionary<string, ReadOnlyMemory<byte>> { ["z"] = Utf8("z"), ["cls"] = Utf8("7") },
        };
        var first = new TemporaryFolder();
        await Shards.WriteAsync(format, first.Path, "s", sample);
        await Task.Delay(1100, TestContext.Current.CancellationToken);
        await Shards.WriteAsync(format, folder.Path, "s", sample with { Members = sample.Members.Reverse().ToDictionary() });

        Assert.Equal(Contents(first.Path), Contents(folder.Path));
        first.Dispose();
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task Nothing_is_seen_before_the_end_and_an_older_shard_is_replaced(string format)
    {
        await Shards.WriteAsync(format, folder.Path, "s", Written("old", Shards.Jpeg("old"), "old"));
        var old = Contents(folder.Path);

        await using (var dropped = DatasetWriters.Create(format, folder.Path, "s"))
        {
            await dropped.WriteAsync(Written("half", Shards.Jpeg("half"), "half"), TestContext.Current.CancellationToken);
            Assert.Equal(old, Contents(folder.Path).Where(file => !file.Contains(".tmp", StringComparison.Ordinal)));
        }
        Assert.Equal(old, Contents(folder.Path));

        await Shards.WriteAsync(format, folder.Path, "s", Written("new", Shards.Jpeg("new"), "new"));
        Assert.Equal(["new"], (await Shards.ReadAsync(Source(format, "s"))).Select(sample => Path.GetFileName(sample.Key)));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task What_a_killed_run_left_does_no_harm(string format)
    {
        var killed = DatasetWriters.Create(format, folder.Path, "s");
        await killed.WriteAsync(Written("gone", Shards.Jpeg("gone"), "gone"), TestContext.Current.CancellationToken);
        // The handles of a process that is killed are closed, and nothing else is done.
        await killed.DisposeAsync();
        folder.Write(format == "webdataset" ? "s.tar.tmp" : "s.tmp/rest.jpg", "rest");

        await Shards.WriteAsync(format, folder.Path, "s", Written("new", Shards.Jpeg("new"), "new"));

        Assert.Equal(["new"], (await Shards.ReadAsync(Source(format, "s"))).Select(sample => Path.GetFileName(sample.Key)));
        Assert.DoesNotContain(Contents(folder.Path), file => file.Contains("rest", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task Keys_stay_in_the_folder_and_are_unique(string format)
    {
        string[] keys = ["../../up", "/absolute/x", @"C:\win\x", "a\0b", "a:b", "a_b", "", "..", "con", "up", ".hidden", "end."];
        var root = Directory.CreateDirectory(Path.Combine(folder.Path, "in/in")).FullName;

        await Shards.WriteAsync(format, root, "s", keys.Select(key => Written(key, Shards.Jpeg(key), key)));

        Assert.Equal(["in"], Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName));
        Assert.Equal(["in"], Directory.EnumerateFileSystemEntries(Path.Combine(folder.Path, "in")).Select(Path.GetFileName));
        var read = await Shards.ReadAsync(Source(format, "s", root));
        Assert.Equal(keys.Length, read.Count);
        Assert.Equal(
            keys.Select(key => Convert.ToHexString(Shards.Jpeg(key))).Order(),
            read.Select(sample => Convert.ToHexString(sample.Image!.Read())).Order());
        Assert.All(read, sample => Assert.DoesNotContain("..", sample.Key, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_image_keeps_its_path_in_a_list()
    {
        var path = folder.Write("own/a.jpg", Shards.Jpeg("a"));

        var made = await Shards.WriteAsync(
            "json", folder.Path, "s", Written("a", [], "x", "y") with { Image = SampleImage.FromFile(path) });

        Assert.Equal(["s.json"], made);
        var image = JsonValue.Create(path).ToJsonString();
        Assert.Equal(
            $"[\n{{\"image\":{image},\"caption\":\"x\"}},\n{{\"image\":{image},\"caption\":\"y\"}}\n]\n",
            File.ReadAllText(Path.Combine(folder.Path, "s.json")));
    }

    [Fact]
    public async Task The_details_of_a_text_stand_in_the_JSON_and_letters_are_not_escaped()
    {
        var text = new WrittenText("caf\u00E9 <b>", new JsonObject { ["itm"] = 0.75, ["source"] = "web" });
        var fields = new JsonObject { ["n"] = 1, ["captions"] = "old" };
        await Shards.WriteAsync("folder", folder.Path, "s", Written("a", Shards.Jpeg("")) with { Texts = [text], Fields = fields });

        Assert.Equal(
            "{\"n\":1,\"captions\":[{\"text\":\"caf\u00E9 <b>\",\"itm\":0.75,\"source\":\"web\"}]}",
            File.ReadAllText(Path.Combine(folder.Path, "s/a.json")));
        Assert.Equal("caf\u00E9 <b>", File.ReadAllText(Path.Combine(folder.Path, "s/a.txt")));
    }

    [Fact]
    public async Task An_image_without_an_extension_is_named_by_its_bytes_and_what_is_none_is_refused()
    {
        await using var writer = DatasetWriters.Create("folder", folder.Path, "s");
        var nameless = Written("a", []) with { Image = SampleImage.FromBytes("bytes", Shards.Png("a")) };
        await writer.WriteAsync(nameless, TestContext.Current.CancellationToken);

        var exception = await Assert.ThrowsAsync<IOException>(() => writer.WriteAsync(
            Written("b", []) with { Image = SampleImage.FromBytes("page.html", Utf8("<html>")) },
            TestContext.Current.CancellationToken));

        Assert.Contains("page.html", exception.Message, StringComparison.Ordinal);
        await writer.CommitAsync(TestContext.Current.CancellationToken);
        Assert.True(File.Exists(Path.Combine(folder.Path, "s/a.png")));
        Assert.Throws<ArgumentException>(() => DatasetWriters.Create("zip", folder.Path, "s"));
        Assert.Throws<ArgumentException>(() => DatasetWriters.Create("folder", folder.Path, "../s"));
    }

    [Fact]
    public async Task Python_and_GNU_tar_read_what_is_written()
    {
        var deep = string.Join('/', Enumerable.Repeat("folder-of-a-long-path", 12)) + "/caf\u00E9";
        await Shards.WriteAsync("webdataset", folder.Path, "s", Written("a", Shards.Jpeg("1"), "x"), Written(deep, Shards.Png("2"), "y"));

        var names = Tools.Run("python3", folder.Path, "-c", """
            import tarfile, sys
            for m in tarfile.open('s.tar'):
                sys.stdout.buffer.write(f'{m.name} {m.mtime} {m.mode:o} {m.uid} {m.gid} {m.uname!r} {m.isreg()}\n'.encode())
            """);

        string[] expected = ["a.jpg", "a.json", "a.txt", $"{deep}.json", $"{deep}.png", $"{deep}.txt"];
        Assert.Equal(expected.Select(name => $"{name} 0 644 0 0 '' True"), names.TrimEnd().Split('\n'));
        Assert.Equal(expected.Length, Tools.GnuTar(folder.Path, "-tvf", "s.tar").TrimEnd().Split('\n').Length);
        Assert.Equal("y", Tools.GnuTar(folder.Path, "-xOf", "s.tar", "--wildcards", "*caf*.txt"));
        Assert.Equal(["a", deep], (await Shards.ReadAsync(Path.Combine(folder.Path, "s.tar"))).Select(sample => sample.Key));
    }

    private static WrittenSample Written(string key, byte[] image, params IEnumerable<string> texts) => new()
    {
        Key = key,
        Image = SampleImage.FromBytes(image is [0x89, ..] ? "x.png" : "x.jpg", image),
        Texts = [.. texts.Select(text => new WrittenText(text))],
    };

    private string Source(string format, string shard = "00007", string? root = null) =>
        Path.Combine(root ?? folder.Path, format switch { "webdataset" => $"{shard}.tar", "json" => $"{shard}.json", _ => shard });

    private static string[] Contents(string root) =>
        [.. Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(file => $"{Path.GetRelativePath(root, file)} {Convert.ToHexString(ReadShared(file))}")];

    private static byte[] ReadShared(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (IOException)
        {
            // A file that is being written; its name is looked at alone.
            return [];
        }
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
