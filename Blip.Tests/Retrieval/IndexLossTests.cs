using System.Diagnostics;
using System.IO.Compression;
using Blip.Runtime.Retrieval;

namespace Blip.Tests.Retrieval;

/// <summary>Events around an index's writer: full disks, files that go, names that look like patterns, older files.</summary>
public sealed class IndexLossTests : IDisposable
{
    // Files of the first version, as gzip.
    private const string OldJournal =
            "H4sIAAAAAAACA3Py8Qzw9HOJYGRgYHAAYhANAk+We+s+K9qtv77yoNWp5uzV1YWn7ujLSbAVqCQlFD80jBcEqilKLSnKTC1LzFHIzFNIKzA2Yr"
            + "9rwN25NTjGycc5CGQQCxAvYUCA+Gj/exsnLSw902MbovFgnRmj9/bLr158OVbNDlVwgGFmDNcdDl4gMzM3MT21WN/AQK8gL11Pn+ur3i5ZiywR"
            + "3AoNQQrPclnuCnSONL7KhluhEUjh/OrVR9TOLhbZz4RboTFI4c0P5doTZ85cAfITEzSAWKAYBtRrbTyfzMhnrnk9sRQk//GJas3RScteAwCFNU"
            + "tqXQEAAA==";

    private const string OldVectors =
            "H4sIAAAAAAACA+3U/TfWdxzH8asruQmTskxjYcRpbrqT2vV9v5PczNUlRmqJ0yQW5jhdNI6bcKIb5CY0Itllnek65qgLxfV9f3K7jmrVOFN2YV"
            + "JDWl2rlY7qaOtv2E875/s453le/8HLU+YXuMN7S/A8kUjk8W/v9p0O29Pj1eFHT4sEAoFAIBAIBAKBQCAQ/O8FjE5wYZVhXL1iITpxxiy1pZzi"
            + "44xgZI+WFKbOLDcrBOvbuqm+uI6M7W1Zwy13/M2hmv0dn89XDMlgKkmCcv0U0kjHIHOHNbvtVgwhSzZD5toJ7tGmc2CjUXCxKQFop+mkRpN4tr"
            + "vyCBzZ2EolbgvpZqoja9u0HpSW5yGwMQernlbTYv1T0Cw9DMUzTqh6TwkrA/p5m/ANmCNPhqJoEST8bo8GX7jQk2oHVjLzmN6qX5Nnii76JD0j"
            + "524l11D6Ido42IFm1256E57Nf17jittqT2BQ7g1QTc1nxk9d+EjrcSqVNNPP37RTpHQJprbsw6+G1lDQiaWkX2WGIf0zUCYPZrn3Y2jHbB802U"
            + "3SAe0ier5KBHneayHNqE+yrtcNLQ90cYsa79Ka5nSYTjcniyZTaJxJZeyZHknFW1E6UAhpzvn0SakBls5ep1pDb6pbUAy2mxcwQ4OrXHzScso4"
            + "P67+c8oeHX0ucprjFWSuFDPljUjsVZfhZe0dWF2vx+y9i3B6qx1TeGihc+8rqIt4H1IKRml74WM+rn2CJrvUFHPIi9+g8z0M+ekiJGbBinI1BE"
            + "XU4pV9k6Db8Sskv3HCF+GbybzyArwYTOQ9R5xZj+qherqun9w8Q9F6II1Gnd1h4J4co4+2wbrZBvbyqCEeHOlS17m7ctbRVmB/u5nGfAvZ3rNx"
            + "JBtUwo8dUfT8u5VsIMAXzLblUsPsAZqLq+EfGj+Q3J9sA89+f+6Ha0YsNF9FAyEKvvhkMBZqN7Jd4kDUVDnAI3RtT9mZQa23/iLWs4c318mhMx"
            + "PZ0LRnKc6vyEGrnO381L1lLPlrR7x8djvn0p+NM6vEWNhyCXa+kqkb6vRZ1vr1nFWtBSXVamjcaBkL+3IpDipWQHzpNOgNLuS6XnmBSm7C0m03"
            + "0PH0X0CqIwfWFcncfC6An3c/zCsQc8fiLFCUFsEnZHMwOXkQL54Zpp6bc5K7nZaI+52oLzUeI6dFWGSaR1NFoUyaeYGMr3nwi31zqFXHgEWvdo"
            + "ePB4qoMaiKLv0UTr4flJGX2UdMdCoGhvJ8WYbqM2ao2QS9iedwriAFqn1XYkB+ESW4y7gomZbCCsvZneFY3maZGasp/xQPDevgFaNgSd9tYzxo"
            + "84Ber1KAm9iVRuQmqLUK5OXXs8AisQSzzA5DzFUv6E7qgz+8Zby5hR5TmmVzHU++BW6MB/+oNvLjVbx4y0vaL5fwNccOc4YR/lgeWwkJ1ctx9d"
            + "sW+K//8Q+gykaAQBQAAA==";

    // Files of the second version: a clip of two frames.
    private const string SecondJournal =
        "H4sIAAAAAAACA3Py8Qzw9HOJYGJgYOABYkYGCHBLSq7qVV1mpMnPqVVVl6vwz7rx9S5Wiyl+fBIfJ7ZKWMsC1RRX5pVkpJZkJluVZOZV6hYXliYW"
            + "pSpk5imkFRgbHZsyJeZEc1WM7cPZq67OPyfm5OMcxAi1QIsBAUy0Du/hVvlR0CaosGPOTeanxq4/jvxfVzDrvf3S8503vBbIhU5brbzrYZFRuLdy"
            + "f7ffagY0wAbEmbmJ6anFapabdrtdd2eB6QQA0hZoW9sAAAA=";

    private const string SecondVectors =
        "H4sIAAAAAAACA3Py8QwIc3UOZmJgYOABYkYGCJjkphMWFPHQKLvsy+Zt7UUKDKNgWIJMKH1Yu0NyisQblTt6q+89fBj2bjRkRga4DaVl9f50rnZp"
            + "Pc/pz/DgmhJv02jIjIJRMApGwSgYBaNgFIyCUTD8wLqVD/a8akred3ankH3vh067tuq7tncXTLR76H5p3183P9vdXov26pW8tku9MtGmuLDFjtIQ"
            + "AwCfaFEHcBAAAA==";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string At(string name) => Path.Combine(folder.Path, name);

    private static EmbeddingIndex Open(string path) => EmbeddingIndex.Open(path, MadeEntries.Dimension, MadeEntries.Model);

    private static string Refused(Action action) => Assert.Throws<IndexException>(action).Message;

    [Fact]
    public void What_a_failed_addition_left_is_cut_off_by_the_next_one()
    {
        using (var index = Open(At("a.index")))
        {
            MadeEntries.Add(index, ("one", 1));
            // As a disk that is full leaves it: the beginning of a long record.
            using (var journal = new FileStream(At("a.index"), FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
                journal.Write(File.ReadAllBytes(At("a.index")).AsSpan(100));
            MadeEntries.Add(index, ("two", 2));
        }
        using var read = EmbeddingIndex.OpenRead(At("a.index"));
        Assert.Empty(read.Notices);
        Assert.Equal(["one", "two"], read.Entries().Select(entry => entry.Id));
    }

    [Fact]
    public async Task A_disk_that_is_full_costs_the_addition_and_nothing_else()
    {
        Assert.SkipUnless(File.Exists("/bin/bash") && OperatingSystem.IsLinux(), "files are limited by bash's ulimit");
        // A child whose files may have 64 KiB: the addition fails in the middle of its vectors or of its record.
        const string Script = "trap '' XFSZ; ulimit -f 64; exec dotnet \"$1\" retrieval --fill-only --index \"$2\" --count 5000 --batch 23";
        var start = new ProcessStartInfo(
            "/bin/bash", ["-c", Script, "bash", Path.Combine(AppContext.BaseDirectory, "Blip.Bench.dll"), At("full.index")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_EnableWriteXorExecute"] = "0" },
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        var reported = (await output).Split('\n').Where(line => line.StartsWith("on disk: ", StringComparison.Ordinal))
            .Select(line => int.Parse(line[9..], null)).LastOrDefault();
        Assert.NotEqual(0, process.ExitCode);
        using var read = EmbeddingIndex.OpenRead(At("full.index"));
        Assert.True(reported > 0);
        Assert.Equal(reported, read.Count);
        Assert.Empty(read.Notices);
    }

    [Fact]
    public void A_name_is_no_pattern()
    {
        foreach (var name in new[] { "a.index", "b.index" })
        {
            using var index = Open(At(name));
            MadeEntries.Add(index, (name, 1));
            index.Compact();
        }
        using (var index = Open(At("*.index")))
            MadeEntries.Add(index, ("star", 2));
        foreach (var name in new[] { "a.index", "b.index", "*.index" })
        {
            using var index = EmbeddingIndex.OpenRead(At(name));
            Assert.Equal(1, index.Count);
        }
    }

    [Fact]
    public void A_lock_that_was_removed_stops_the_writer_and_not_the_next_one()
    {
        using var first = Open(At("a.index"));
        MadeEntries.Add(first, ("one", 1));
        File.Delete(At("a.index.lock"));
        Assert.Contains("lock file was removed", Refused(() => MadeEntries.Add(first, ("two", 2))), StringComparison.Ordinal);
        using (var second = Open(At("a.index")))
        {
            MadeEntries.Add(second, ("three", 3));
            Assert.Contains("lock file was removed", Refused(() => MadeEntries.Add(first, ("two", 2))), StringComparison.Ordinal);
            Assert.Contains("lock file was removed", Refused(() => first.Remove(["one"])), StringComparison.Ordinal);
        }
        using var read = EmbeddingIndex.OpenRead(At("a.index"));
        Assert.Equal(["one", "three"], read.Entries().Select(entry => entry.Id));
    }

    [Fact]
    public void A_journal_that_was_deleted_under_a_writer_is_told_of()
    {
        using (var first = Open(At("a.index")))
        {
            MadeEntries.Add(first, ("one", 1));
            File.Delete(At("a.index"));
            Assert.Contains("the index was removed or replaced", Refused(() => MadeEntries.Add(first, ("two", 2))),
                StringComparison.Ordinal);
            // Its contents are still read.
            Assert.Equal(MadeEntries.Vector(1), first.Vector("one"));
        }
        using (var next = Open(At("a.index")))
            MadeEntries.Add(next, ("three", 3));
        using var read = EmbeddingIndex.OpenRead(At("a.index"));
        Assert.Equal(["three"], read.Entries().Select(entry => entry.Id));
        Assert.Single(Directory.GetFiles(folder.Path, "*.vectors-*"));
    }

    [Fact]
    public void The_first_version_is_read_and_written_anew()
    {
        // As "blip index" of the first version wrote it: four samples, one of them removed.
        Unpack(OldJournal, OldVectors);
        var bytes = File.ReadAllBytes(At("old.index"));
        List<string> contents;
        IndexModel model;
        int dimension;
        using (var index = EmbeddingIndex.OpenRead(At("old.index")))
        {
            contents = MadeEntries.Contents(index);
            (model, dimension) = (index.Model, index.Dimension);
            Assert.Equal(["images/00.png", "images/02.png", "images/03.png"], index.Entries().Select(entry => entry.Id));
        }
        Assert.Equal(bytes, File.ReadAllBytes(At("old.index")));
        using (var index = EmbeddingIndex.Open(At("old.index"), dimension, model))
        {
            Assert.Contains("an older version", Assert.Single(index.Notices), StringComparison.Ordinal);
            Assert.Equal(contents, MadeEntries.Contents(index));
            index.Add([new IndexEntry("four")], MadeEntries.Vector(4, dimension));
        }
        using var upgraded = EmbeddingIndex.OpenRead(At("old.index"));
        Assert.Equal(4, upgraded.Count);
        Assert.Equal(IndexFormat.Current.Version, BitConverter.ToInt32(File.ReadAllBytes(At("old.index")), 8));
        Assert.False(File.Exists(At("old.index.vectors-1")));
    }

    [Fact]
    public void The_second_version_is_read_and_does_not_know_its_frames()
    {
        Unpack(SecondJournal, SecondVectors);
        IndexModel model;
        int dimension;
        using (var index = EmbeddingIndex.OpenRead(At("old.index")))
        {
            Assert.Equal(["images"], index.Entries().Select(entry => entry.Id));
            (model, dimension) = (index.Model, index.Dimension);
            Assert.Null(model.Frames);
        }
        using (var index = EmbeddingIndex.Open(At("old.index"), dimension, Of(4)))
            Assert.Contains("does not record how many frames", index.Notices[0], StringComparison.Ordinal);
        using var upgraded = EmbeddingIndex.OpenRead(At("old.index"));
        Assert.Equal(IndexFormat.Current.Version, BitConverter.ToInt32(File.ReadAllBytes(At("old.index")), 8));
        Assert.Equal((1, null), (upgraded.Count, upgraded.Model.Frames));

        IndexModel Of(int frames) => new(model.Name, model.Fingerprint) { Frames = frames };
    }

    [Theory, InlineData(0, "images", "no --frames"), InlineData(4, "clips of 4 frames", "--frames 4")]
    public void The_frames_of_a_clip_are_kept_and_others_are_refused(int frames, string kind, string remedy)
    {
        EmbeddingIndex.Open(At("a.index"), MadeEntries.Dimension, Of(frames)).Dispose();
        using (var index = EmbeddingIndex.Open(At("a.index"), MadeEntries.Dimension, MadeEntries.Model))
        {
            MadeEntries.Add(index, ("one", 1));
            index.Compact();
            Assert.Equal(frames, index.Model.Frames);
        }
        EmbeddingIndex.Open(At("a.index"), MadeEntries.Dimension, Of(frames)).Dispose();
        var refused = Assert.Throws<IndexException>(() => EmbeddingIndex.Open(At("a.index"), MadeEntries.Dimension, Of(8))).Message;
        Assert.Contains($"it holds {kind}, and not clips of 8 frames", refused, StringComparison.Ordinal);
        Assert.Contains(remedy, refused, StringComparison.Ordinal);

        static IndexModel Of(int frames) => new(MadeEntries.Model.Name, MadeEntries.Model.Fingerprint) { Frames = frames };
    }

    private void Unpack(string journal, string vectors)
    {
        foreach (var (name, text) in new[] { ("old.index", journal), ("old.index.vectors-1", vectors) })
        {
            using var bytesOf = new GZipStream(new MemoryStream(Convert.FromBase64String(text)), CompressionMode.Decompress);
            using var file = File.Create(At(name));
            bytesOf.CopyTo(file);
        }
    }
}
